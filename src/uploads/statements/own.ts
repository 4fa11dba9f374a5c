/** The part of the one way in that looks at a change's signature by its uploader's own key. */
import type { RegisteredKey, SignedBy } from '../../ledger/index.js';
import type { JsonObject } from '../../ledger/core/index.js';
import { statedDetail, utf8, VitrineError } from '../../ledger/core/index.js';
import type { Json, Member } from '../../records/index.js';
import type { AnyChange } from '../change.js';
import type { Refusal } from '../rules.js';
import { checkCommitment, checkStatement, type StatementContext, type Target } from './check.js';
import { normalisedIn } from './normalised.js';
import type { ReadSigned } from './signed.js';

/** What a change is sealed to. */
export interface SealedAs {
  readonly content: Uint8Array | null;
  readonly fields: Uint8Array | null;
  readonly detail: JsonObject | null;
  /** The values that were sealed. */
  readonly values: object;
}

export interface OwnContext {
  readonly origin: string;
  readonly caller: Member;
  readonly findKey: (thumbprint: string) => RegisteredKey | undefined;
  readonly now: Date;
  readonly hash: (bytes: Uint8Array) => Uint8Array;
  readonly request: string;
  readonly part: number;
}

/**
 * One change's own signature, in the order of the steps: before sealing everything is asked but what it commits to, and
 * then that.
 */
export class OwnStatement {
  readonly #context: StatementContext;

  constructor(
    private readonly signed: ReadSigned,
    private readonly change: AnyChange,
    private readonly own: OwnContext,
  ) {
    const { kind, head, base, op } = change;
    const isNamed = (name: string) => name === kind.name && kind.named === true;
    const { caller, findKey, now, origin, request, part } = own;
    const subject = { kind: head.kind, id: head.id, version: head.version };
    const supersedes = base === null ? null : base.anchor.leafHash;
    const target = { origin, op, subject, supersedes, request, part };
    this.#context = { caller, findKey, now, isNamed, target };
  }

  /** What doesn't hold before anything is sealed. @throws VitrineError BAD_USER_INPUT where no uploader can sign */
  refused(): readonly Refusal[] {
    const { change, signed } = this;
    if (change.erases !== undefined || change.registers?.use === 'delegated')
      throw new VitrineError(
        'BAD_USER_INPUT',
        `${change.op} can't be signed beforehand: the deployment makes ${change.erases === undefined ? 'a key' : 'commitments'} that its entry publishes`,
        { path: [...signed.path, 'signed'] },
      );
    return checkStatement(signed.parsed, this.#context).map((refusal) => ({ ...refusal, path: this.path }));
  }

  /**
   * What doesn't hold of the commitments, once the change is sealed; with the values that weren't sealed as they came.
   * @param input of the request: the mutation's name and its input
   */
  mismatch({ content, fields, detail, values }: SealedAs, input: Json): readonly Refusal[] {
    const { parsed, path } = this.signed;
    const text = statedDetail(detail);
    const hashed = text === null ? null : this.own.hash(utf8(text));
    const refusals = checkCommitment(parsed, {
      ...this.#context,
      commitment: { content, fields, detail: hashed },
    });
    const message = 'the value is sealed in another form than it came in';
    return refusals.map((refusal) => ({
      ...refusal,
      path: this.path,
      about: normalisedIn(inputAt(input, path), values, path).map((at) => ({ path: at, message })),
    }));
  }

  /** Under which key the entry stands; after nothing was refused. */
  get by(): SignedBy {
    const { kid } = this.signed.parsed.jws;
    const key = this.own.findKey(kid);
    if (key === undefined) throw new VitrineError('INTERNAL', 'a statement was taken whose key is unknown');
    return { key: kid, entry: key.entry, mode: 'own' };
  }

  /** What the entry has of it. */
  get entry(): { readonly signature: string; readonly expires?: string; readonly chosen: boolean } {
    const { jws, parsed } = this.signed;
    const { expires, subject } = parsed.statement;
    return { signature: jws, chosen: subject.version === 1, ...(expires === null ? {} : { expires }) };
  }

  /** Where it stands in the input. */
  get path(): readonly (string | number)[] {
    return statementPath(this.signed);
  }
}

/**
 * What doesn't hold of a statement by itself, where the change that it is for couldn't be made.
 * @param target as far as it is known
 */
export function checkAlone(signed: ReadSigned, own: OwnContext, target: Target): readonly Refusal[] {
  const { caller, findKey, now } = own;
  // Whether its id is of its time can't be told of a kind that isn't known.
  const context: StatementContext = { caller, findKey, now, isNamed: () => true, target };
  const path = statementPath(signed);
  return checkStatement(signed.parsed, context).map((refusal) => ({ ...refusal, path }));
}

function statementPath({ path }: ReadSigned): readonly (string | number)[] {
  return [...path, 'signed', 'statement'];
}

/** What stands at a path of a mutation's input. */
function inputAt(input: Json, path: readonly (string | number)[]): Json {
  const [whole = null] = typeof input === 'object' && input !== null ? Object.values(input) : [];
  let found: Json | undefined = whole;
  for (const step of path.slice(1))
    found = typeof found === 'object' && found !== null ? (found as JsonObject)[step] : undefined;
  return found ?? null;
}
