/**
 * The one way in (design: architecture): a request with its changes → standing and permission → seal → sign →
 * append → positions. A request id that was accepted before answers with what it was given then.
 */
import type { Making } from '../api/index.js';
import type { Ledger, PendingEntry } from '../ledger/index.js';
import { StaleAuthority } from '../ledger/index.js';
import type { JsonObject } from '../ledger/core/index.js';
import { canonical, VitrineError } from '../ledger/core/index.js';
import type { Caller, Member, RecordReader, Relation, SealedErasure, SealingKeys } from '../records/index.js';
import { requirePlaces, sealErasure, sealRecord, stillErased } from '../records/index.js';
import type { AnyChange, Accepted, UploadRequest } from './change.js';
import { refusalsOf, requireNone } from './rules.js';
import { makingOf } from './statements/making.js';
import { OwnStatement, type OwnContext } from './statements/own.js';
import { readSigned, type ReadSigned } from './statements/signed.js';
import type { Signing } from './statement.js';
import { registerKey, signerOf, signStatement } from './statement.js';

export interface UploadsDependencies {
  readonly ledger: Ledger;
  readonly random: (bytes: number) => Uint8Array;
  readonly hash: (bytes: Uint8Array) => Uint8Array;
  readonly clock: () => Date;
}

/** Who submits, and how its standing is looked at again when the log has moved under the decision. */
export interface Submitter {
  readonly caller: Caller;
  readonly records: RecordReader;
  readonly renew: () => Promise<Caller>;
}

/** At most this many changes in one request: what fits a block. */
export const MAX_CHANGES = 256;
/** How often a decision is made anew because what it rested on was replaced meanwhile. */
const ATTEMPTS = 5;

export class Uploads {
  readonly #deps: UploadsDependencies;
  readonly #submitter: Submitter;
  readonly #signing: Signing;

  constructor(deps: UploadsDependencies, submitter: Submitter) {
    this.#deps = deps;
    this.#submitter = submitter;
    const { ledger, hash, clock } = deps;
    this.#signing = { origin: ledger.origin, keys: ledger.keys, hash, clock };
  }

  /**
   * Submits the changes that `build` makes, all in one block or none. `build` runs only for a request that is new, and
   * again when a record that it relied on was replaced before the commit.
   * @throws VitrineError UNAUTHENTICATED, FORBIDDEN, LICENCE_INACTIVE, CONFLICT, BAD_USER_INPUT, UNAVAILABLE
   */
  async submit(
    request: UploadRequest,
    build: (making: Making) => Promise<readonly AnyChange[]>,
  ): Promise<readonly Accepted[]> {
    let caller = requireSignedIn(this.#submitter.caller);
    const inputHash = this.#deps.ledger.keys.inputMac(canonical(request.input));
    const known = await this.#known(request, caller, inputHash);
    if (known !== null) return known;
    const signed = (request.signed ?? []).map((one) => one && readSigned(one));
    const making = makingOf(
      signed.map((one) => one && one.parsed.statement),
      this.#deps.clock,
    );
    for (let attempt = 1; ; attempt++) {
      try {
        const changes = await build(making);
        return await this.#append(request, changes, caller, inputHash, signed);
      } catch (error) {
        this.#submitter.records.forget();
        if (!(error instanceof StaleAuthority))
          return this.#acceptedMeanwhile(error, request, caller, inputHash);
        if (attempt === ATTEMPTS)
          throw new VitrineError('UNAVAILABLE', 'what the request rests on keeps changing; ask again');
        caller = sameStanding(caller, requireSignedIn(await this.#submitter.renew()));
      }
    }
  }

  /** The value of a bounded counter, checked against the entry that moved it last. */
  counter(id: string): Promise<bigint> {
    return this.#deps.ledger.counter(id);
  }

  async #known(
    request: UploadRequest,
    caller: Member,
    inputHash: string,
  ): Promise<readonly Accepted[] | null> {
    const all = await this.#deps.ledger.find(caller.institution, caller.id, request.requestId, request.part);
    const parts = request.part === undefined ? all : all.filter((one) => one.part === request.part);
    if (parts.length === 0) return null;
    if (parts.some((one) => one.inputHash !== inputHash))
      throw new VitrineError('CONFLICT', 'this requestId was used for another input; take a new one', {
        path: ['input', 'requestId'],
      });
    return parts.map(({ part, index, block, subject }) => ({
      request: request.requestId,
      part,
      index,
      block,
      ...subject,
      repeated: true,
    }));
  }

  /**
   * A request that was sent twice may have been accepted while this one was checked, and is then refused for what it did
   * itself: it gets the same receipt.
   * @throws the error itself, when it wasn't accepted
   */
  async #acceptedMeanwhile(
    error: unknown,
    request: UploadRequest,
    caller: Member,
    inputHash: string,
  ): Promise<readonly Accepted[]> {
    const known = error instanceof VitrineError ? await this.#known(request, caller, inputHash) : null;
    if (known === null) throw error;
    return known;
  }

  async #append(
    request: UploadRequest,
    changes: readonly AnyChange[],
    caller: Member,
    inputHash: string,
    signed: readonly (ReadSigned | null)[],
  ): Promise<readonly Accepted[]> {
    if (changes.length === 0 || changes.length > MAX_CHANGES)
      throw new VitrineError('BAD_USER_INPUT', `expected 1 to ${MAX_CHANGES} changes, got ${changes.length}`);
    const first = request.part ?? 0;
    const group: PendingEntry[] = [];
    for (const [place, change] of changes.entries())
      group.push(
        await this.#prepare(change, caller, { ...request, part: first + place }, inputHash, signed[place]),
      );
    const positions = await this.#deps.ledger
      .append(group)
      .catch((error: unknown) => this.#requireHolder(error, changes));
    this.#submitter.records.forget();
    // Accepted while this one was checked: with the ids that it was given then, not with those of this group.
    if (positions.some(({ repeated }) => repeated)) {
      const known = await this.#known(request, caller, inputHash);
      if (known !== null) return known;
    }
    return group.map((entry, place) => {
      const position = positions[place];
      if (position === undefined)
        throw new VitrineError('INTERNAL', 'the ledger gave fewer places than entries');
      const { index, block } = position;
      return {
        request: entry.request,
        part: entry.part,
        index,
        block,
        ...entry.subject,
        repeated: false,
      };
    });
  }

  /**
   * A conflict names who holds a key by a row that whoever holds the database could have written: that record must have
   * the key, or it isn't named.
   * @throws the error itself; VitrineError INTEGRITY_VIOLATION when the holder doesn't hold it
   */
  async #requireHolder(error: unknown, changes: readonly AnyChange[]): Promise<never> {
    if (!(error instanceof VitrineError) || error.code !== 'CONFLICT') throw error;
    const path = JSON.stringify(error.inputPath);
    const { records } = this.#submitter;
    records.forget();
    for (const { kind, head, values } of changes)
      for (const key of kind.uniqueKeys?.(values, head) ?? [])
        if (JSON.stringify(key.path) === path) await records.byKey(kind, key.scope, key.value);
    throw error;
  }

  async #prepare(
    change: AnyChange,
    caller: Member,
    { requestId: request, part = 0, input }: UploadRequest,
    inputHash: string,
    signed: ReadSigned | null = null,
  ): Promise<PendingEntry> {
    const { ledger, random } = this.#deps;
    const standing = refusalsOf({ change, caller, relations: await this.#relations(change) });
    const own = signed && new OwnStatement(signed, change, this.#ownContext(caller, request, part));
    const refused = own === null ? standing : [...standing, ...own.refused()];
    // Whoever may not make the change isn't told how its values would be sealed.
    if (own === null || standing.some(({ code }) => code !== 'LICENCE_INACTIVE'))
      requireNone(refused, change.op);
    const { values, ...sealed } = await seal(change, ledger.keys, random, signed?.salts);
    const key = change.registers === undefined ? null : await registerKey(this.#signing, change.registers);
    const authority = authorityOf(change, caller);
    const detail: JsonObject = {
      ...change.detail,
      ...sealed.detail,
      ...key?.detail,
      authority: authority.map(Number),
      input: inputHash,
    };
    const { content, fields } = sealed;
    if (own !== null)
      requireNone([...refused, ...own.mismatch({ content, fields, detail, values }, input)], change.op);
    const by = own === null ? signerOf(ledger, caller) : own.by;
    const parts = { change, content, fields, detail, institution: caller.institution, request, part };
    return {
      ...sealed,
      op: change.op,
      actor: caller.id,
      institution: caller.institution,
      by,
      subject: { kind: change.head.kind, id: change.head.id, version: change.head.version },
      supersedes: change.base?.anchor.index ?? null,
      threads: [...new Set(change.kind.threads(values, sealed.head))],
      request,
      part,
      ...(own === null ? { signature: await signStatement(this.#signing, by, parts) } : own.entry),
      detail,
      authority,
      rows: [...sealed.rows, ...(key?.rows ?? [])],
      counters: change.counters ?? [],
      inputHash,
    };
  }

  #ownContext(caller: Member, request: string, part: number): OwnContext {
    const { ledger, hash, clock } = this.#deps;
    const findKey = (thumbprint: string) => ledger.trusted.key(thumbprint);
    return { origin: ledger.origin, caller, findKey, now: clock(), hash, request, part };
  }

  async #relations(change: AnyChange): Promise<ReadonlySet<Relation>> {
    if (change.base !== null) return change.base.relations;
    const anchor = {
      index: 0n,
      block: 0n,
      time: this.#deps.clock().toISOString(),
      leafHash: new Uint8Array(32),
      actor: this.#submitter.caller?.id ?? '',
    };
    const record = { kind: change.kind.name, head: change.head, values: change.values, anchor };
    const [related] = await this.#submitter.records.relate(change.kind, [record]);
    return related?.relations ?? new Set();
  }
}

/** Seals a change: its values, or what an erasure leaves of those of its base. */
async function seal(
  change: AnyChange,
  keys: SealingKeys,
  random: (bytes: number) => Uint8Array,
  salts?: (name: string) => Uint8Array,
): Promise<Omit<SealedErasure, 'rewraps'> & Partial<Pick<SealedErasure, 'rewraps'>>> {
  const { kind, head, base, erases } = change;
  if (erases !== undefined && base !== null) return sealErasure(kind, { base, ...erases }, keys, random);
  const values = parseValues(change);
  requirePlaces(kind, { values, head }, base);
  const sealed = await sealRecord(kind, head, values, keys, random, stillErased(base, values), salts);
  return { ...sealed, detail: {}, head, values };
}

/** @throws VitrineError UNAUTHENTICATED */
export function requireSignedIn(caller: Caller): Member {
  if (caller !== null) return caller;
  throw new VitrineError('UNAUTHENTICATED', 'this needs an access token');
}

/** The renewed caller, if the log moved but its standing is what it was. */
function sameStanding(before: Member, now: Member): Member {
  const roles = [...before.roles].sort().join() === [...now.roles].sort().join();
  const same = roles && before.institution === now.institution && before.licensed === now.licensed;
  if (same && before.patient === now.patient) return now;
  throw new VitrineError('FORBIDDEN', 'your standing changed while the request was checked');
}

function authorityOf(change: AnyChange, caller: Member): bigint[] {
  const relied = (change.reliesOn ?? []).map((record) => record.anchor.index);
  return [...new Set([...caller.authority, ...relied])];
}

function parseValues(change: AnyChange): object {
  const parsed = change.kind.values.safeParse(change.values);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => ({
    path: ['input', ...issue.path.map((step) => (typeof step === 'symbol' ? step.toString() : step))],
    message: issue.message,
  }));
  throw new VitrineError('BAD_USER_INPUT', problems[0]?.message ?? 'the values are not what the kind takes', {
    problems,
    ...(problems[0] === undefined ? {} : { path: problems[0].path }),
  });
}
