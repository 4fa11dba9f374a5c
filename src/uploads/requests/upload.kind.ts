/**
 * The record kind UploadRequest: what somebody asked to upload, as statements (commitments, no value), what must be
 * endorsed by whom, what was decided, and why it was refused: rules and codes. It holds nothing about a person.
 */
import { z } from 'zod';
import {
  isCaller,
  ROLES,
  type Caller,
  type RecordKind,
  type Relation,
  type Unrelated,
} from '../../records/index.js';
import { maybe, text, uuid, whole } from '../../standing/index.js';
import { mayEndorse, POLICY_RULES, type Endorser } from '../policies/index.js';
import { UPLOAD_STATES } from './states.js';

/** Statements of one request, at most: what fits a block. */
export const MAX_STATEMENTS = 256;

/** Longest statement, in characters. */
const MAX_JWS = 8192;

/** Scope of the unique keys of what open requests are about: one request a content. */
export const OPEN_CONTENT = 'upload.content';

export const UPLOAD_MODES = ['own', 'delegated', 'service'] as const;
export const DECISIONS = ['endorse', 'refuse'] as const;

const time = z.iso.datetime({ precision: 3 });
const jws = z.string().min(1).max(MAX_JWS);

const standing = {
  member: uuid,
  institution: maybe(uuid),
  roles: z.array(z.enum(ROLES)),
  /** It acted for the state. */
  state: z.boolean(),
};

const requirement = z.strictObject({
  situation: text(100),
  rule: z.enum(POLICY_RULES),
  role: maybe(z.enum(ROLES)),
  institutions: z.array(uuid),
  person: maybe(uuid),
  count: whole(0, 256),
  waitSeconds: whole(0, 366 * 86_400),
  ownCounts: z.boolean(),
  policy: maybe(z.string().regex(/^(0|[1-9]\d{0,18})$/)),
});

const reason = z.strictObject({ rule: text(100), code: text(100) });

const endorsement = z.strictObject({
  ...standing,
  decision: z.enum(DECISIONS),
  time,
  mode: z.enum(UPLOAD_MODES),
  /** Compact JWS over the endorsement's text (schema/uploads.md, "Endorsements"). */
  signature: jws,
});

const values = z.strictObject({
  operation: text(100),
  /** What policies look at. */
  situation: text(100),
  /** Whose key signed the statements. */
  mode: z.enum(UPLOAD_MODES),
  state: z.enum(UPLOAD_STATES),
  /** Who asks, as it stood then. */
  uploader: z.strictObject(standing),
  /** The client's request id, under which the change is loaded, and the part of a batch of which each stands alone. */
  request: uuid,
  part: whole(0, MAX_STATEMENTS - 1),
  /** Keyed hash of the mutation's input; null where the statements were signed elsewhere. */
  input: maybe(z.string().max(64)),
  statements: z.array(jws).max(MAX_STATEMENTS),
  /** Commitments of the statements, in their order; null for what has none. */
  contents: z.array(z.string().max(64).nullable()).max(MAX_STATEMENTS),
  requirements: z.array(requirement),
  endorsements: z.array(endorsement),
  reasons: z.array(reason),
  requestedAt: time,
  /** The statements' times; null for a request that a rule refused. */
  issuedAt: maybe(time),
  expiresAt: maybe(time),
  /** Before it nothing is confirmed; null without a waiting time. */
  confirmableFrom: maybe(time),
});

/** An upload request's sealed values; the record's custodian is the uploader's institution. */
export type UploadValues = z.output<typeof values>;
export type Endorsement = UploadValues['endorsements'][number];

/** Nouns of operations that are the state's business. */
const OF_THE_STATE = ['institution', 'member', 'policy', 'form', 'report', 'programme', 'subsidy'];

/** Whether the state may know of a request: by its operation, or because a policy asks the state. */
export function isForState({
  operation,
  requirements,
}: Pick<UploadValues, 'operation' | 'requirements'>): boolean {
  const [noun = ''] = operation.split('.');
  return OF_THE_STATE.includes(noun) || requirements.some(({ role }) => role === 'REGULATOR');
}

/** A caller as policies look at it. */
export function endorserOf(caller: NonNullable<Caller>): Endorser {
  const { id, institution, roles, state } = caller;
  return { member: id, institution, roles, state };
}

/** Who asked, or who endorsed, as it stood then. */
export function asEndorser(one: UploadValues['uploader']): Endorser {
  const { member, institution, roles, state } = one;
  return { member, institution, roles: new Set(roles), state };
}

function isOpen({ state }: UploadValues): boolean {
  return state === 'VALIDATING' || state === 'CONFIRMED';
}

function relationsTo(caller: Caller, { head, values }: Unrelated<UploadValues>): ReadonlySet<Relation> {
  const relations = new Set<Relation>();
  if (caller === null) return relations;
  if (isCaller(caller, values.uploader.member)) relations.add('SELF');
  if (caller.institution !== null && caller.institution === head.custodian) relations.add('CUSTODIAN');
  if (caller.roles.has('AUDITOR')) relations.add('AUDITOR');
  if (caller.state && isForState(values)) relations.add('STATE');
  if (mayEndorse(values.requirements, endorserOf(caller), asEndorser(values.uploader)))
    relations.add('GRANTEE');
  return relations;
}

export const uploadKind: RecordKind<UploadValues> = {
  name: 'UploadRequest',
  noun: 'upload',
  schema: 1,
  named: true,
  existence: 'DIRECTORY',
  table: 'upload',
  fields: {
    operation: 'DIRECTORY',
    situation: 'DIRECTORY',
    mode: 'DIRECTORY',
    state: 'DIRECTORY',
    uploader: 'DIRECTORY',
    request: 'DIRECTORY',
    part: 'DIRECTORY',
    input: 'DIRECTORY',
    statements: 'DIRECTORY',
    contents: 'DIRECTORY',
    requirements: 'DIRECTORY',
    endorsements: 'DIRECTORY',
    reasons: 'DIRECTORY',
    requestedAt: 'DIRECTORY',
    issuedAt: 'DIRECTORY',
    expiresAt: 'DIRECTORY',
    confirmableFrom: 'DIRECTORY',
  },
  values,
  columns: {
    state: { type: 'text', class: 'DIRECTORY', of: (upload) => upload.state },
    operation: { type: 'text', class: 'DIRECTORY', of: (upload) => upload.operation },
    member: { type: 'uuid', class: 'DIRECTORY', of: (upload) => upload.uploader.member },
    forState: { type: 'boolean', class: 'DIRECTORY', of: (upload) => isForState(upload) },
    expiresAt: { type: 'timestamp', class: 'DIRECTORY', of: (upload) => upload.expiresAt },
    confirmableFrom: { type: 'timestamp', class: 'DIRECTORY', of: (upload) => upload.confirmableFrom },
  },
  uniqueKeys: (upload) =>
    isOpen(upload)
      ? upload.contents.flatMap((content, part) =>
          content === null
            ? []
            : [{ scope: OPEN_CONTENT, value: content, path: ['input', 'statements', part] }],
        )
      : [],
  threads: (upload, head) => [head.custodian ?? upload.uploader.member],
  relations: (caller, records) => Promise.resolve(records.map((record) => relationsTo(caller, record))),
};
