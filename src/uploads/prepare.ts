/** From a change to an entry that is ready to be appended: permission → seal → sign (design: architecture, "The one way in"). */
import { isOutputOf } from '../api/index.js';
import type { KeyStore, Ledger, PendingEntry } from '../ledger/index.js';
import type { JsonObject } from '../ledger/core/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { Json, Member, RecordReader, Relation, SealedErasure } from '../records/index.js';
import { requirePlaces, sealErasure, sealMove, sealRecord, stillErased } from '../records/index.js';
import type { AnyChange, UploadRequest } from './change.js';
import type { Operations } from './operations.js';
import type { Upload } from './requests/desk.js';
import type { Sealing } from './requests/permission.js';
import type { Required } from './policies/index.js';
import { refusalOf, refusalsOf, refuseLicence, requireNone, type Refusal } from './rules.js';
import { checkAlone, OwnStatement, type OwnContext } from './statements/own.js';
import type { ReadSigned } from './statements/signed.js';
import type { Signing } from './statement.js';
import { registerKey, signerOf, signStatement } from './statement.js';

export interface PrepareDependencies {
  readonly ledger: Ledger;
  readonly random: (bytes: number) => Uint8Array;
  readonly hash: (bytes: Uint8Array) => Uint8Array;
  readonly clock: () => Date;
  readonly operations: Pick<Operations, 'doneBy'>;
}

/** What a change's entry has beside the change. */
export interface Terms {
  readonly request: Pick<UploadRequest, 'requestId' | 'input'>;
  readonly part: number;
  readonly inputHash: string;
  /** The uploader's own signature. */
  readonly signed: ReadSigned | null;
  /** How the deployment seals what it must be able to seal again; null: anew. */
  readonly sealing: Sealing | null;
  /** The request for permission that it is loaded under, in its confirmed version. */
  readonly upload: Upload | null;
  /** What policies ask, and what that rests on. */
  readonly required: Required;
}

export class Preparer {
  readonly #deps: PrepareDependencies;
  readonly #records: RecordReader;

  constructor(deps: PrepareDependencies, records: RecordReader) {
    this.#deps = deps;
    this.#records = records;
  }

  /** @throws VitrineError with the code of the first rule that refuses the change; `problems` lists all of them */
  async permit(change: AnyChange, caller: Member): Promise<void> {
    requireNone(await this.#standing(change, caller), change.op);
  }

  /** @throws VitrineError what the rules refuse, BAD_USER_INPUT for values that the kind doesn't take */
  async prepare(change: AnyChange, caller: Member, terms: Terms): Promise<PendingEntry> {
    const { ledger, random } = this.#deps;
    const { signed, sealing, part, inputHash, upload, required } = terms;
    const { requestId: request, input } = terms.request;
    const standing = await this.#standing(change, caller);
    const own = signed && new OwnStatement(signed, change, this.#ownContext(caller, request, part));
    const refused = own === null ? standing : [...standing, ...own.refused()];
    // Whoever may not make the change isn't told how its values would be sealed.
    if (own === null || standing.some(({ code }) => code !== 'LICENCE_INACTIVE'))
      requireNone(refused, change.op);
    const salts = signed?.salts ?? sealing?.salts;
    const { values, ...sealed } = await seal(change, ledger.keys, random, salts);
    const signing = this.#signing(sealing);
    const key = change.registers && (await registerKey(signing, change.registers, sealing?.keySeed));
    const authority = authorityOf(change, caller, required, upload);
    const detail: JsonObject = {
      ...change.detail,
      ...sealed.detail,
      ...key?.detail,
      authority: authority.map(Number),
      input: inputHash,
      ...(upload === null ? {} : { upload: Number(upload.anchor.index) }),
    };
    const { content, fields } = sealed;
    if (own !== null) {
      const wrong = [...refused, ...own.mismatch({ content, fields, detail, values }, input)];
      const taken = wrong.length > 0 && standing.length === 0 ? await this.#taken(change, own) : [];
      requireNone([...wrong, ...taken], change.op);
    }
    const by = own?.by ?? sealing?.by ?? signerOf(ledger, caller);
    const { institution } = caller;
    const parts = { change, content, fields, detail, institution, request, part };
    const signature =
      own?.entry ??
      (await signedBy(signing, by, sealing === null ? parts : { ...parts, times: sealing.times }));
    return {
      ...sealed,
      op: change.op,
      actor: caller.id,
      institution,
      by,
      subject: { kind: change.head.kind, id: change.head.id, version: change.head.version },
      supersedes: change.base?.anchor.index ?? null,
      threads: threadsOf(change, values, sealed.head),
      request,
      part,
      ...signature,
      detail,
      authority,
      absent: [...required.absent, ...(change.absent ?? [])],
      whole: change.whole ?? [],
      rows: [...sealed.rows, ...(key?.rows ?? [])],
      counters: change.counters ?? [],
      charges: change.charges ?? [],
      inputHash,
    };
  }

  /**
   * What is refused of a request whose changes couldn't be made: by its institution's licence, and of each statement what can be told
   * from itself.
   */
  refusedUnmade(
    request: UploadRequest,
    caller: Member,
    signed: readonly (ReadSigned | null)[],
  ): readonly VitrineError[] {
    const { ledger, operations } = this.#deps;
    const done = operations.doneBy(mutationIn(request.input));
    const [only, ...more] = done;
    const op = more.length === 0 ? only?.op : undefined;
    const licensed = only !== undefined && done.every((one) => one.licensed);
    const unlicensed = licensed ? refuseLicence(only.op, caller) : null;
    const refusals = signed.flatMap((one, place): readonly Refusal[] => {
      if (one === null) return [];
      const part = (request.part ?? 0) + place;
      const target = {
        origin: ledger.origin,
        request: request.requestId,
        part,
        ...(op === undefined ? {} : { op }),
      };
      return checkAlone(one, this.#ownContext(caller, request.requestId, part), target);
    });
    const all = unlicensed === null ? refusals : [{ rule: 'licence', ...unlicensed }, ...refusals];
    const error = refusalOf(all, op ?? only?.op ?? '');
    return error === null ? [] : [error];
  }

  async #standing(change: AnyChange, caller: Member): Promise<readonly Refusal[]> {
    return refusalsOf({ change, caller, relations: await this.#relations(change, caller) });
  }

  /**
   * What another record has already. The commit finds it out, so it is looked for only where the change is refused anyway, and for who
   * would learn it by a change that isn't.
   */
  async #taken({ kind, head, values, base }: AnyChange, own: OwnStatement): Promise<readonly Refusal[]> {
    const rule = 'duplicate';
    const taken: Refusal[] = [];
    if (base === null && this.#deps.ledger.trusted.state.holds(head.id))
      taken.push({ rule, code: 'CONFLICT', message: 'another record has this id', path: own.path });
    for (const { scope, value, path } of kind.uniqueKeys?.(values, head) ?? []) {
      const holder = await this.#records.byKey(kind, scope, value);
      if (holder !== null && (base === null || holder.head.id !== head.id))
        taken.push({ rule, code: 'CONFLICT', message: 'another record has this key', path });
    }
    return taken;
  }

  /** What it signs with; a key that is made for a request is dated as that. */
  #signing(sealing: Sealing | null): Signing {
    const { ledger, hash, clock } = this.#deps;
    const issued = sealing?.times.issued ?? null;
    const dated = issued === null ? clock : () => new Date(issued);
    return { origin: ledger.origin, keys: ledger.keys, hash, clock: dated };
  }

  #ownContext(caller: Member, request: string, part: number): OwnContext {
    const { ledger, hash, clock } = this.#deps;
    const findKey = (thumbprint: string) => ledger.trusted.key(thumbprint);
    return { origin: ledger.origin, caller, findKey, now: clock(), hash, request, part };
  }

  async #relations(change: AnyChange, caller: Member): Promise<ReadonlySet<Relation>> {
    if (change.base !== null) return change.base.relations;
    const anchor = {
      index: 0n,
      block: 0n,
      time: this.#deps.clock().toISOString(),
      leafHash: new Uint8Array(32),
      actor: caller.id,
    };
    const record = { kind: change.kind.name, head: change.head, values: change.values, anchor };
    const [related] = await this.#records.relate(change.kind, [record]);
    return related?.relations ?? new Set();
  }
}

/** Name of the mutation that a request is of; empty where it is of none. */
function mutationIn(input: Json): string {
  const [name = ''] = typeof input === 'object' && input !== null ? Object.keys(input) : [];
  return name;
}

/** The deployment's signature for the caller, as the entry has it. */
async function signedBy(
  signing: Signing,
  by: PendingEntry['by'],
  parts: Parameters<typeof signStatement>[2],
): Promise<Pick<PendingEntry, 'signature' | 'expires'>> {
  const signature = await signStatement(signing, by, parts);
  const expires = parts.times?.expires ?? null;
  return { signature, ...(expires === null ? {} : { expires }) };
}

/** Those of the version; of a record that moves, also the one that it leaves. */
function threadsOf({ kind, moves }: AnyChange, values: object, head: AnyChange['head']): string[] {
  return [...new Set([...kind.threads(values, head), ...(moves === undefined ? [] : [moves.from])])];
}

/** Seals a change: its values, or what an erasure leaves of those of its base. */
async function seal(
  change: AnyChange,
  keys: KeyStore,
  random: (bytes: number) => Uint8Array,
  salts?: (name: string) => Uint8Array,
): Promise<Omit<SealedErasure, 'rewraps'> & Partial<Pick<SealedErasure, 'rewraps'>>> {
  const { kind, head, base, erases, moves } = change;
  if (erases !== undefined && base !== null)
    return sealErasure(kind, { base, ...erases }, keys, random, salts);
  const values = parseValues(change);
  requirePlaces(kind, { values, head }, base, moves);
  const sealed = await sealRecord(kind, head, values, keys, random, stillErased(base, values), salts);
  const moved = moves === undefined ? { detail: {} } : await sealMove(moves, keys);
  return { ...sealed, ...moved, head, values };
}

function authorityOf(change: AnyChange, caller: Member, required: Required, upload: Upload | null): bigint[] {
  const relied = (change.reliesOn ?? []).map((record) => record.anchor.index);
  const asked = upload === null ? [] : [upload.anchor.index];
  return [...new Set([...caller.authority, ...relied, ...required.authority, ...asked])];
}

function parseValues(change: AnyChange): object {
  if (isOutputOf(change.kind.values, change.values)) return change.values;
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
