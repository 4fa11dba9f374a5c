/**
 * What must hold of a request's statements, each check under its name, which is what a refusal gives as its reason. Who
 * runs the log may have written anything into a request; what it can't make is a signature by a key that it doesn't hold.
 */
import {
  CLOCK_TOLERANCE,
  type ParsedStatement,
  parseStatement,
  refuseLife,
  type Statement,
  VitrineError,
} from '../../ledger/core/index.js';
import { nativeVerify } from '../../ledger/native.js';
import type { ProvenKey } from './key-book.js';
import { contentText, type ProvenUpload } from './proven.js';

export interface StatementBasis {
  readonly origin: string;
  readonly upload: ProvenUpload;
  readonly keys: ReadonlyMap<string, ProvenKey>;
  readonly now: Date;
}

/** What was found of one statement, or of all. */
export interface Finding {
  /** `forged`: it doesn't hold, for certain; `unverified`: it can't be told. */
  readonly kind: 'forged' | 'unverified';
  readonly check: string;
  /** For the log of this peer. */
  readonly message: string;
}

type Check = (parsed: ParsedStatement, basis: StatementBasis) => Finding | string | null;

const unverified = (check: string, message: string): Finding => ({ kind: 'unverified', check, message });

/** The key that it names signed it. */
const signature: Check = ({ jws }, { keys }) => {
  const key = keys.get(jws.kid);
  if (key === undefined) return null; // `key` says so
  return nativeVerify(key.publicKey, jws.signingInput, jws.signature) ? null : 'it was signed by another key';
};

/** The log registered the key for whom the request says, and it is in force. */
const key: Check = ({ jws }, { keys, upload: { mode, uploader }, now }) => {
  const found = keys.get(jws.kid);
  if (found === undefined) return unverified('key', `the entry that registers key ${jws.kid} isn't given`);
  const isOf =
    found.use === mode &&
    (mode === 'service' || found.institution === uploader.institution) &&
    (mode !== 'own' || found.member === uploader.member);
  if (!isOf) return `key ${jws.kid} is registered for another`;
  if (found.revoked !== null) return `key ${jws.kid} was revoked by entry ${found.revoked}`;
  if (found.expires !== null && now.toISOString() >= found.expires) return `key ${jws.kid} expired`;
  return found.doubt === null ? null : unverified('key', `key ${jws.kid}: ${found.doubt}`);
};

/** It is for this log, this request and its institution. */
const target: Check = ({ statement }, { origin, upload }) => {
  const { operation, situation, request, uploader, custodian } = upload;
  const wrong = [
    statement.origin === origin ? [] : ['origin'],
    statement.op === operation ? [] : ['op'],
    statement.request === request ? [] : ['request'],
    statement.institution === uploader.institution && custodian === uploader.institution
      ? []
      : ['institution'],
    situation === operation || situation.startsWith(`${operation}.`) ? [] : ['situation'],
  ].flat();
  return wrong.length === 0 ? null : `it has another ${wrong.join(', ')} than the request`;
};

/** Its times are around now. */
const time: Check = ({ statement: { issued, expires } }, { now }) => {
  if (issued === null || expires === null) return 'it has no times of issue and expiry';
  const life = refuseLife({ issued, expires });
  if (life !== null) return life;
  if (now.toISOString() >= expires) return `it expired at ${expires}`;
  return Date.parse(issued) <= now.getTime() + CLOCK_TOLERANCE ? null : `it was issued at ${issued}, to come`;
};

const CHECKS: Readonly<Record<string, Check>> = { signature, key, target, time };

/** Everything that doesn't hold of a request's statements, or that can't be told; nothing when all of it holds. */
export function checkStatements(basis: StatementBasis): readonly Finding[] {
  const { upload } = basis;
  const parsed: (ParsedStatement | null)[] = upload.statements.map(read);
  if (parsed.length === 0 || parsed.includes(null))
    return [forged('statement', parsed.length === 0 ? 'there is none' : "one of them can't be read")];
  const statements = parsed.filter((one) => one !== null);
  const each = statements.flatMap((one) =>
    Object.entries(CHECKS).flatMap(([check, ask]) => {
      const found = ask(one, basis);
      return found === null ? [] : [typeof found === 'string' ? forged(check, found) : found];
    }),
  );
  return [
    ...each,
    ...commitments(
      upload,
      statements.map(({ statement }) => statement),
    ),
  ];
}

/** What the request says of the statements is what they say. */
function commitments(upload: ProvenUpload, statements: readonly Statement[]): readonly Finding[] {
  const same =
    statements.length === upload.contents.length &&
    statements.every(
      ({ content, part }, place) =>
        contentText(content) === upload.contents[place] && part === upload.part + place,
    );
  return same ? [] : [forged('commitment', 'the request names other commitments than its statements')];
}

function forged(check: string, message: string): Finding {
  return { kind: 'forged', check, message };
}

function read(jws: string): ParsedStatement | null {
  try {
    return parseStatement(jws);
  } catch (cause) {
    if (cause instanceof VitrineError) return null;
    throw cause;
  }
}
