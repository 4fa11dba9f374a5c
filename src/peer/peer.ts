/** Another institution's machine as one process: a witness of logs, a copy of their leaves, a monitor, and a validator. */
import { join } from 'node:path';
import { VitrineError } from '../ledger/core/index.js';
import { type SignedCheckpoint, slugOf } from './followed-log.js';
import { Follower } from './follower.js';
import { Home } from './home.js';
import { type AlarmLog, Alarms } from './monitor/alarms.js';
import { Monitor } from './monitor/monitor.js';
import { askOver } from './openings/ask.js';
import { OpeningStore } from './openings/opening-store.js';
import { Openings } from './openings/openings.js';
import { type LearnedKeys, LogKeys } from './log-keys.js';
import type { VerifiedLeaf } from './replica/leaf-rules.js';
import { LeafStore, type StoreFault } from './replica/leaf-store.js';
import { LogSource } from './replica/log-source.js';
import { Replica } from './replica/replica.js';
import { createPeerServer, type PeerServer } from './routes.js';
import type { LogSettings, PeerSettings } from './settings.js';
import { Revocations } from './validator/key-book.js';
import { openValidator } from './validator/open.js';
import { Successors } from './validator/successors.js';
import type { Validator, ValidatorFault } from './validator/validator.js';
import { Witness, type WitnessFault } from './witness/witness.js';
import { readWitnessKey } from './witness-key.js';

export interface PeerDependencies {
  readonly log: AlarmLog;
  /** Default: the machine's. */
  readonly clock?: () => Date;
  readonly random?: () => number;
  /** For tests. */
  readonly faults?: {
    readonly witness?: WitnessFault;
    readonly store?: StoreFault;
    readonly validator?: ValidatorFault;
  };
}

/** One log's part of a peer. */
export interface FollowedLog {
  readonly settings: LogSettings;
  readonly slug: string;
  readonly monitor: Monitor;
  /** Null where the log has no address. */
  readonly copy: {
    readonly store: LeafStore;
    readonly replica: Replica;
    readonly openings: Openings | null;
    readonly follower: Follower;
    /** Null where it decides on nothing. */
    readonly validator: Validator | null;
  } | null;
}

/** Waits between two failing polls, and between two askings for missing openings, are never longer. */
const LONGEST_POLL_MS = 60_000;
const LONGEST_RETRY_MS = 600_000;

/** What a running peer consists of. */
interface PeerParts {
  readonly home: Home;
  readonly witness: Witness;
  readonly alarms: Alarms;
  readonly logs: readonly FollowedLog[];
  readonly server: PeerServer;
  readonly stopping: AbortController;
}

export class Peer {
  private readonly running: Promise<unknown>;

  private constructor(private readonly parts: PeerParts) {
    this.running = Promise.all(
      parts.logs.flatMap(({ copy }) =>
        copy === null
          ? []
          : [copy.follower.run(), ...(copy.validator === null ? [] : [copy.validator.run()])],
      ),
    );
  }

  /** Opens everything and begins to listen and to watch. Throws NOT_CONFIGURED for what a person has to mend. */
  static async start(settings: PeerSettings, dependencies: PeerDependencies): Promise<Peer> {
    const home = await Home.take(settings.home);
    try {
      return new Peer(await open(home, settings, dependencies));
    } catch (cause) {
      await home.release();
      throw cause;
    }
  }

  /** The witness's name. */
  get name(): string {
    return this.parts.witness.key.name;
  }

  /** `http://host:port` */
  get address(): string {
    return this.parts.server.address;
  }

  get witness(): Witness {
    return this.parts.witness;
  }

  get alarms(): Alarms {
    return this.parts.alarms;
  }

  get logs(): readonly FollowedLog[] {
    return this.parts.logs;
  }

  /** The part of the log with this origin. */
  find(origin: string): FollowedLog | undefined {
    return this.logs.find(({ settings }) => settings.origin === origin);
  }

  /** Ends all of it: what is being written is finished first. */
  async stop(): Promise<void> {
    this.parts.stopping.abort();
    await this.parts.server.close();
    await this.running;
    await this.parts.home.release();
  }
}

async function open(home: Home, settings: PeerSettings, dependencies: PeerDependencies): Promise<PeerParts> {
  const { log, clock = () => new Date(), faults } = dependencies;
  const stopping = new AbortController();
  const alarms = await Alarms.open({ home, clock, log });
  const followed = new Map<string, FollowedLog>();
  const keys = new Map<string, LogKeys>();
  for (const one of settings.logs) {
    const folder = one.url === null ? null : home.path('logs', slugOf(one.origin));
    keys.set(one.origin, await LogKeys.open(one, folder));
  }
  const witness = await Witness.open({
    home,
    key: await readWitnessKey(settings.keyFile),
    logs: [...keys.values()],
    clock,
    onContradiction: ({ origin, held, offered, message }) =>
      followed.get(origin)?.monitor.contradiction(held, offered, message),
    contradicted: (origin, offered) => contradicted(followed.get(origin), offered),
    ...(faults?.witness && { faults: faults.witness }),
  });
  for (const one of settings.logs) {
    const known = keys.get(one.origin);
    if (known === undefined) continue;
    const parts = { home, settings, dependencies, alarms, witness, clock, signal: stopping.signal };
    followed.set(one.origin, await followLog(one, { ...parts, known }));
  }
  const logs = [...followed.values()];
  const server = await createPeerServer({ ...settings, witness, alarms, logs, log });
  return { home, witness, alarms, logs, server, stopping };
}

/** The note that a checkpoint contradicts by the leaves that are held. */
async function contradicted(
  followed: FollowedLog | undefined,
  offered: SignedCheckpoint,
): Promise<string | undefined> {
  const copy = followed?.copy;
  if (copy === null || copy === undefined) return undefined;
  if ((await copy.replica.contradiction(offered)) === undefined) return undefined;
  return (await copy.replica.heldNote()) ?? '';
}

interface Parts {
  readonly home: Home;
  readonly settings: PeerSettings;
  readonly dependencies: PeerDependencies;
  readonly alarms: Alarms;
  readonly witness: Witness;
  readonly known: LogKeys;
  readonly clock: () => Date;
  readonly signal: AbortSignal;
}

async function followLog(log: LogSettings, parts: Parts): Promise<FollowedLog> {
  const { home, settings, dependencies, alarms, witness, known, clock, signal } = parts;
  const { origin, url } = log;
  const slug = slugOf(origin);
  const folder = home.path('logs', slug);
  const { stallMs, behindMs, pollMs, timeoutMs } = settings;
  const monitor = new Monitor({ origin, folder, alarms, clock, stallMs, behindMs });
  if (url === null) return { settings: log, slug, monitor, copy: null };
  const store = new LeafStore(folder, dependencies.faults?.store);
  const [revocations, successors] = [new Revocations(), new Successors()];
  const openings = openingsOf(log, { ...parts, url, folder, store, monitor, revocations });
  const take = (leaf: VerifiedLeaf): void => {
    openings?.want(leaf);
    // Nobody else asks what replaced what.
    if (log.validator !== null) successors.take(leaf.index, leaf.leaf);
  };
  const source = new LogSource({ prefix: `${url}/log`, timeoutMs, signal });
  const replica = new Replica({
    log: known,
    store,
    source,
    follow: (note) => followKeys(known, note, source, dependencies.log),
    clock,
    signal,
    onHeld: take,
    listener: {
      onContradiction: (offered, held, message) => monitor.contradiction(held, offered.note, message),
      onLeaves: async (leaves, since) => {
        for (const leaf of leaves) take(leaf);
        await monitor.clockOf(leaves, since);
        await monitor.progress();
      },
      onLeafProblem: (problem) => monitor.leafProblem(problem),
      onMended: (paths) => dependencies.log.warn({ origin, paths }, 'damaged files were fetched again'),
    },
  });
  const { log: lines, random = Math.random } = dependencies;
  const longestMs = LONGEST_POLL_MS;
  const rest = { replica, openings, monitor, witness, longestMs, random, signal, log: lines };
  const follower = new Follower({ origin, pollMs, ...rest });
  const faults = dependencies.faults?.validator;
  const validator = await openValidator(log, {
    ...rest,
    settings,
    alarms,
    store,
    successors,
    revocations,
    clock,
    faults,
  });
  return { settings: log, slug, monitor, copy: { store, replica, openings, follower, validator } };
}

/** What can't be learned now is no harm while a known key signs; the checkpoint is refused when none does. */
async function followKeys(
  known: LogKeys,
  note: string,
  source: LogSource,
  log: AlarmLog,
): Promise<(Pick<LearnedKeys, 'origin' | 'keys'> & { keep(): Promise<void> }) | undefined> {
  const { origin } = known;
  try {
    const learned = await known.follow(note, source);
    if (learned === undefined) return undefined;
    const keep = async (): Promise<void> => {
      const { added, ended } = await learned.keep();
      if (added.length + ended.length > 0) log.warn({ origin, added, ended }, "the log's key was rotated");
    };
    return { origin, keys: learned.keys, keep };
  } catch (cause) {
    if (!(cause instanceof VitrineError)) throw cause;
    log.warn({ err: cause, origin }, "the log's keys could not be followed");
    return undefined;
  }
}

interface OpeningParts extends Parts {
  readonly url: string;
  readonly folder: string;
  readonly store: LeafStore;
  readonly monitor: Monitor;
  readonly revocations: Revocations;
}

function openingsOf(log: LogSettings, parts: OpeningParts): Openings | null {
  const { tokenFile, institution, ownKeys, origin } = log;
  if (log.openings === 'none' || tokenFile === null) return null;
  const { settings, url, folder, store, monitor, clock, signal, revocations } = parts;
  const { timeoutMs, stallMs, pollMs } = settings;
  return new Openings({
    origin,
    institution,
    all: log.openings === 'all',
    ownKeys,
    ask: askOver({ endpoint: `${url}/graphql`, tokenFile, timeoutMs, signal }),
    store: new OpeningStore(join(folder, 'openings')),
    leaves: store,
    monitor,
    clock,
    lateMs: stallMs,
    retryMs: { least: pollMs, most: LONGEST_RETRY_MS },
    onOpening: (index, opening) => revocations.take(index, opening),
  });
}
