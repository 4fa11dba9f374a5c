/** A small log with a record on it, its keys and its witnesses: what proof bundles and receipts are made of in tests. */
import {
  base64url,
  compactJws,
  COSIGNATURE,
  ED25519,
  encodeLeaf,
  encodeOpening,
  encodeProofBundle,
  fieldHashes,
  formatCheckpoint,
  formatNote,
  formatTlogProof,
  formatVkey,
  inclusionProof,
  type Leaf,
  leafHash,
  linkHash,
  merkleRoot,
  noteKey,
  noteSignature,
  type Opening,
  openPlaintext,
  parsePolicy,
  type Policy,
  type ProofBundle,
  type SealedHead,
  sealPlaintext,
  sha256,
  signatureInput,
  signedMessage,
  type Statement,
  statementBytes,
  thumbprint,
  u64be,
  utf8,
} from '../../../src/ledger/core/index.js';
import { publicOf, signWith } from './support.js';

export const ORIGIN = 'vitrine.example/log';

const seedOf = (name: string): Uint8Array => sha256(utf8(name));
const uuidOf = (n: number): string => `00000000-0000-4000-8000-${n.toString().padStart(12, '0')}`;

export const WITNESSES = ['north', 'south'] as const;
export const logKey = noteKey(ORIGIN, ED25519, publicOf(seedOf('log')));
export const witnessKeys = WITNESSES.map((name) =>
  noteKey(`${name}.example/witness`, COSIGNATURE, publicOf(seedOf(name))),
);

/** A policy's text: this log, both witnesses, and a quorum of `all`, `any`, a number, or `none`. */
export function policyText(quorum = 'all', log = logKey): string {
  const witnesses = WITNESSES.map((name, i) => `witness ${name} ${formatVkey(witnessKeys[i]!)}\n`);
  const group =
    quorum === 'none' ? 'quorum none\n' : `group them ${quorum} ${WITNESSES.join(' ')}\nquorum them\n`;
  return `log ${formatVkey(log)}\n${witnesses.join('')}${group}`;
}

export const ALL: Policy = parsePolicy(policyText());

export const TIME = 1_790_000_000n;

/** The signed checkpoint of a tree, with the cosignatures of these witnesses. */
export function noteOf(size: bigint, root: Uint8Array, witnesses: readonly string[] = WITNESSES): string {
  const text = formatCheckpoint({ origin: ORIGIN, size, root });
  const lines = [noteSignature(logKey, signWith(seedOf('log'), signedMessage(logKey, text)))];
  WITNESSES.forEach((name, i) => {
    const key = witnessKeys[i]!;
    if (!witnesses.includes(name)) return;
    lines.push(noteSignature(key, signWith(seedOf(name), signedMessage(key, text, TIME)), TIME));
  });
  return formatNote({ text, signatures: lines });
}

const HEAD: SealedHead = {
  kind: 'Encounter',
  schema: 1,
  id: uuidOf(9),
  version: 2,
  custodian: uuidOf(1),
  patient: uuidOf(2),
  jurisdiction: null,
  label: 'psychiatry',
  retention: '2046-11-22',
};
const VALUES = {
  class: 'AMB',
  end: null,
  note: 'fièvre',
  reason: [{ code: 'R50', display: 'Fever' }],
  start: 'x',
};
export const FIELDS = Object.keys(VALUES).sort();
const SIZE = 11;
/** Where the key is registered, and where the record's version stands. */
export const KEY_AT = 3;
export const RECORD_AT = 7;

export interface Made {
  readonly bundle: ProofBundle;
  readonly bytes: Uint8Array;
}

interface Wish {
  /** Fields to show; all by default. */
  readonly fields?: readonly string[];
  readonly opening?: boolean;
  readonly registration?: boolean;
  /** Changes to what is written on the log, each a thing that a log must not hold. */
  readonly wrong?: {
    readonly subject?: Partial<Opening['subject']>;
    readonly by?: Partial<Opening['by']>;
    readonly key?: Readonly<Record<string, string | null>>;
    readonly stated?: Partial<Statement>;
    readonly leaf?: Partial<Leaf>;
  };
  readonly witnesses?: readonly string[];
}

/** A bundle of the record on a log of its own, which is honest but for `wrong`. */
export function makeBundle(wish: Wish = {}): Made {
  const { opening = true, registration = opening, wrong = {} } = wish;
  const salt = (name: string) => sha256(utf8(`salt of ${name}`)).slice(0, 16);
  const sealed = sealPlaintext(HEAD, VALUES, salt);
  const opened = openPlaintext(sealed.plaintext);
  const signer = seedOf('signer');
  const key = thumbprint(publicOf(signer));
  const registered = registeringOpening(key, publicOf(signer), wrong.key ?? {});
  const first = leafOf(registered, salt('registration'), { content: null, fields: null, supersedes: null });
  const commitments = { content: sealed.content, fields: sealed.fields, supersedes: 5n, ...wrong.leaf };
  const half = recordOpening(key, commitments, wrong);
  const leaf = leafOf(half, salt('opening'), commitments);
  const leaves = Array.from({ length: SIZE }, (_, i) => leafHash(u64be(BigInt(i))));
  leaves[KEY_AT] = leafHash(first);
  leaves[RECORD_AT] = leafHash(leaf);
  const note = noteOf(BigInt(SIZE), merkleRoot(leaves), wish.witnesses);
  const { kind, schema, id, version, custodian, jurisdiction } = HEAD;
  const shown = wish.fields ?? FIELDS;
  const bundle: ProofBundle = {
    head: { kind, schema, id, version, custodian, jurisdiction },
    fields: FIELDS.flatMap((name, index) => {
      const field = opened.fields[name];
      if (!shown.includes(name) || field === undefined || 'erased' in field) return [];
      return [{ index, name, salt: field.salt, value: field.value }];
    }),
    leaves: fieldHashes(opened.head, opened.fields),
    leaf,
    opening: opening ? { bytes: half, salt: salt('opening'), key: publicOf(signer) } : null,
    registration: registration
      ? {
          leaf: first,
          opening: { bytes: registered, salt: salt('registration') },
          hashes: inclusionProof(leaves, BigInt(KEY_AT)),
        }
      : null,
    proof: formatTlogProof({
      extra: null,
      index: BigInt(RECORD_AT),
      hashes: inclusionProof(leaves, BigInt(RECORD_AT)),
      checkpoint: note,
    }),
  };
  return { bundle, bytes: encodeProofBundle(bundle) };
}

type Commitments = Pick<Leaf, 'content' | 'fields' | 'supersedes'>;

function leafOf(opening: Uint8Array, salt: Uint8Array, commitments: Commitments): Uint8Array {
  return encodeLeaf({
    v: 1,
    time: '2026-11-24T00:00:00.000Z',
    block: 2n,
    institution: uuidOf(1),
    link: linkHash(salt, opening),
    ...commitments,
  });
}

/** Not signed by anyone: a bundle proves that the entry is on the log, and the log's readers checked its signature. */
function registeringOpening(
  key: string,
  publicKey: Uint8Array,
  wrong: Readonly<Record<string, string | null>>,
): Uint8Array {
  const registered = {
    use: 'delegated',
    thumbprint: key,
    publicKey: base64url(publicKey),
    institution: uuidOf(1),
    member: null,
    expires: '2031-01-01T00:00:00.000Z',
    ...wrong,
  };
  return encodeOpening({
    op: 'institution.register',
    actor: uuidOf(4),
    by: { key, entry: 0n, mode: 'service' },
    subject: { kind: 'Institution', id: uuidOf(1), version: 1 },
    threads: [{ id: uuidOf(1), seq: 1n, prev: null }],
    request: uuidOf(5),
    part: 0,
    signature: compactJws(key, utf8('{}'), new Uint8Array(64)),
    detail: { keys: [registered] },
  });
}

function recordOpening(key: string, leaf: Commitments, wrong: NonNullable<Wish['wrong']>): Uint8Array {
  const subject = { kind: HEAD.kind, id: HEAD.id, version: HEAD.version, ...wrong.subject };
  const detail = { authority: [1, 2] };
  const [op, request, part] = ['encounter.amend', uuidOf(6), 0];
  const payload = statementBytes({
    origin: ORIGIN,
    op,
    subject,
    supersedes: leaf.supersedes === null ? null : sha256(utf8('the version before')),
    content: leaf.content,
    fields: leaf.fields,
    detail: null,
    institution: uuidOf(1),
    issued: null,
    expires: null,
    request,
    part,
    ...wrong.stated,
  });
  return encodeOpening({
    op,
    actor: uuidOf(4),
    by: { key, entry: BigInt(KEY_AT), mode: 'delegated', ...wrong.by },
    subject,
    threads: [{ id: uuidOf(2), seq: 4n, prev: 5n }],
    request,
    part,
    signature: compactJws(key, payload, signWith(seedOf('signer'), signatureInput(key, payload))),
    detail,
  });
}

/** The bytes with one bit turned. */
export function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const at = bit % (8 * bytes.length);
  return bytes.map((byte, i) => (i === at >> 3 ? byte ^ (1 << (at & 7)) : byte));
}
