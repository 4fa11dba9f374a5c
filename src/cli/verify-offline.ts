/** `vitrine verify` of what a holder has in hand: a bundle, a receipt, two checkpoints. No database, no keys, no settings. */
import { readFile } from 'node:fs/promises';
import {
  verifyAccessLog,
  verifyAccessLogParts,
  verifyBundle,
  verifyCheckpointPair,
  verifyReceipt,
} from '../client/index.js';
import {
  fromBase64,
  fromHex,
  fromUtf8,
  hex,
  isAccessLog,
  type Opening,
  parsePolicy,
  type Policy,
  type SignatureProof,
  type TrustedCheckpoint,
  type VerifiedBundle,
  VitrineError,
} from '../ledger/core/index.js';
import { EXIT, type ExitCode } from './exit.js';
import { note, say, sayJson } from './output.js';

/** Options of the command line that ask for this instead of an audit of the database. */
export interface OfflineOptions {
  /** One, or the parts of a log of accesses. */
  readonly bundle?: readonly string[];
  readonly receipt?: string;
  readonly leaf?: string;
  readonly leafHash?: string;
  readonly checkpoints?: readonly string[];
  readonly proof?: string;
  readonly policy?: string;
}

/** What was proved: facts for a program, lines for a person, and what nobody should read into it. */
interface Proved {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly lines: readonly (readonly [string, string])[];
  readonly open: string;
}

/** The command was called in a way that says not what to check. */
class Misused extends Error {}

const NOT_LATEST = 'that no later version replaced it, which only the log can tell';
const SIGNATURES: Readonly<Record<SignatureProof, string>> = {
  unopened: 'not shown: the bundle does not open the entry',
  valid: 'holds, by the key that the entry names; whose key it is is not in the bundle',
  registered: 'holds, by a key that the log registered for this signer',
};

const SIGNERS: Readonly<Record<Opening['by']['mode'], string>> = {
  own: 'its own key',
  delegated: "the key that the log's operator holds for its institution",
  service: "the log's operator itself, with key",
};

/** Whether the options ask for an offline check. */
export function isOffline(options: OfflineOptions): boolean {
  const { bundle, receipt, checkpoints, policy, leaf, leafHash, proof } = options;
  return [bundle, receipt, checkpoints, policy, leaf, leafHash, proof].some((given) => given !== undefined);
}

/**
 * Checks one thing, and says what it proves.
 *
 * @returns 0 when it holds, 1 when it doesn't, 2 when the call or the policy is wrong.
 */
export async function verifyOffline(options: OfflineOptions, json: boolean): Promise<ExitCode> {
  try {
    const { facts, lines, open } = await prove(options);
    if (json) sayJson({ holds: true, ...facts });
    else {
      say('it holds, by the keys of the policy:');
      for (const [what, value] of lines) say(`  ${what.padEnd(12)} ${value}`);
      say(`not proved: ${open}`);
    }
    return EXIT.OK;
  } catch (error) {
    if (!(error instanceof VitrineError) && !(error instanceof Misused)) throw error;
    const code = error instanceof VitrineError ? error.code : 'BAD_USER_INPUT';
    if (json) sayJson({ holds: false, code, error: error.message });
    else note(`${code === 'BAD_USER_INPUT' ? 'vitrine' : 'it does not hold'}: ${error.message}`);
    return code === 'BAD_USER_INPUT' ? EXIT.USAGE : EXIT.FAILED;
  }
}

async function prove(options: OfflineOptions): Promise<Proved> {
  const { bundle, receipt, checkpoints } = options;
  const asked = [bundle, receipt, checkpoints].filter((given) => given !== undefined);
  if (asked.length !== 1) throw new Misused('expected one of --bundle, --receipt and --checkpoints');
  if (options.policy === undefined)
    throw new Misused('expected --policy: the keys of the log and of the witnesses that you trust');
  const policy = parsePolicy(await contentOf(options.policy));
  if (bundle !== undefined) return proveBundles(await Promise.all(bundle.map(contentOf)), policy);
  if (receipt !== undefined) return proveReceipt(receipt, options, policy);
  return provePair(checkpoints ?? [], options.proof, policy);
}

const NOT_WHOLE =
  'that no access is missing and no key was revoked: the first the deployment says, and it can be held to it';

function proveAccessLog(bytes: Uint8Array, policy: Policy): Proved {
  const found = held(() => verifyAccessLog(bytes, policy));
  const { statement, accesses } = found;
  const { files, act, from, to, after, next, at, size } = statement;
  const told = accesses.map(({ head, fields, entry }) => ({
    entry: entry.index,
    time: entry.leaf.time,
    ...(head.kind === 'View' ? { view: fields } : { reads: Object.values(fields) }),
  }));
  const period = `${from ?? 'the beginning'} to ${to ?? at}`;
  return {
    facts: { kind: 'access-log', statement, accesses: told, ...checkpointFacts(found) },
    lines: [
      ['patient', files.join(', ')],
      ['accesses', `${accesses.length}, of ${act ?? 'all acts'}, from ${period}`],
      ...(after === null ? [] : [['goes on', `behind ${after}, where the part before ends`] as const]),
      ...(next === null ? [] : [['not the end', `there are more behind ${next}`] as const]),
      ...told.map(({ entry, ...facts }) => [`  entry ${entry}`, JSON.stringify(facts)] as const),
      ['said whole', `by the log's operator, of the log's first ${size} entries, on ${at}`],
      ...checkpointLines(found),
    ],
    open: NOT_WHOLE,
  };
}

function proveBundles(files: readonly Uint8Array[], policy: Policy): Proved {
  const [only, ...more] = files;
  if (only === undefined) throw new Misused('expected --bundle <file>');
  if (more.length === 0) return proveBundle(only, policy);
  if (!files.every(isAccessLog))
    throw new Misused('expected one bundle, or the parts of one log of accesses');
  held(() => verifyAccessLogParts(files, policy));
  const parts = files.map((file) => proveAccessLog(file, policy));
  return {
    facts: { kind: 'access-log-parts', parts: parts.map(({ facts }) => facts) },
    lines: [
      [
        'parts',
        `${parts.length}, from the newest access to the oldest, each going on where the one before ended`,
      ],
      ...parts.flatMap(({ lines }) => lines),
    ],
    open: NOT_WHOLE,
  };
}

function proveBundle(bytes: Uint8Array, policy: Policy): Proved {
  if (bytes.at(-1) === 0x0a)
    throw violation('expected the bundle alone, got a newline behind it (`jq -j` writes none)');
  if (isAccessLog(bytes)) return proveAccessLog(bytes, policy);
  const found = held(() => verifyBundle(bytes, policy));
  const { head, entry, opening, signature, fields } = found;
  const { leaf, index } = entry;
  return {
    facts: { kind: 'bundle', head, fields, signature, ...entryFacts(found), ...checkpointFacts(found) },
    lines: [
      ['record', `${head.kind} ${head.id}, version ${head.version}, custodian ${head.custodian ?? 'none'}`],
      ...Object.entries(fields).map(([name, value]) => [`  ${name}`, JSON.stringify(value)] as const),
      ['entry', `${index}, written ${leaf.time}, for ${leaf.institution ?? 'no institution'}`],
      ...(opening === null ? [] : [['operation', `${opening.op} by member ${opening.actor}`] as const]),
      ...signerLine(found),
      ['signature', SIGNATURES[signature]],
      ...checkpointLines(found),
    ],
    open: NOT_LATEST,
  };
}

async function proveReceipt(
  file: string,
  { leaf, leafHash }: OfflineOptions,
  policy: Policy,
): Promise<Proved> {
  if ((leaf === undefined) === (leafHash === undefined))
    throw new Misused('expected --leaf <file> or --leaf-hash <hex>: what the receipt is for');
  const entry = leaf === undefined ? { leafHash: hashOf(leafHash ?? '') } : { leaf: await contentOf(leaf) };
  const proof = await contentOf(file);
  const found = held(() => verifyReceipt(proof, entry, policy));
  const hashed = hex(found.leafHash);
  return {
    facts: { kind: 'receipt', index: found.index, leafHash: hashed, ...checkpointFacts(found) },
    lines: [['entry', `${found.index}, with the leaf hash ${hashed}`], ...checkpointLines(found)],
    open: NOT_LATEST,
  };
}

async function provePair(
  files: readonly string[],
  proof: string | undefined,
  policy: Policy,
): Promise<Proved> {
  const [older, newer, ...rest] = files;
  if (older === undefined || newer === undefined || rest.length > 0 || proof === undefined)
    throw new Misused('expected --checkpoints <older> <newer> and --proof <file>');
  const [from, to, path] = await Promise.all([older, newer, proof].map(contentOf));
  if (from === undefined || to === undefined || path === undefined) throw new Misused('expected three files');
  const found = held(() => verifyCheckpointPair(from, to, hashesOf(path), policy));
  return {
    facts: { kind: 'checkpoints', older: checkpointFacts(found.older), newer: checkpointFacts(found.newer) },
    lines: [
      ['older', ''],
      ...checkpointLines(found.older),
      ['newer', 'begins with the older: nothing was changed or removed'],
      ...checkpointLines(found.newer),
    ],
    open: 'that the newer is the newest there is',
  };
}

/** What the verification refuses is a fault of what is checked, whatever its code: the call itself was right. */
function held<T>(verify: () => T): T {
  try {
    return verify();
  } catch (error) {
    if (error instanceof VitrineError && error.code === 'BAD_USER_INPUT') throw violation(error.message);
    throw error;
  }
}

/** Whose key signed, and when where that was before the entry. */
function signerLine({ opening, statement }: VerifiedBundle): readonly (readonly [string, string])[] {
  if (opening === null || statement === null) return [];
  const { key, mode } = opening.by;
  const { issued, expires } = statement;
  const times = issued === null ? '' : `, issued ${issued}, expires ${expires}`;
  return [['signed by', `${SIGNERS[mode]} ${key}${times}`]];
}

function entryFacts({ entry, opening, statement }: VerifiedBundle): Readonly<Record<string, unknown>> {
  const { index, leaf, leafHash } = entry;
  const { time, institution, supersedes } = leaf;
  const told =
    opening === null
      ? null
      : {
          op: opening.op,
          actor: opening.actor,
          subject: opening.subject,
          mode: opening.by.mode,
          key: opening.by.key,
          issued: statement?.issued ?? null,
          expires: statement?.expires ?? null,
        };
  return { entry: { index, leafHash: hex(leafHash), time, institution, supersedes }, opening: told };
}

function checkpointFacts({
  checkpoint,
  log,
  cosigned,
}: TrustedCheckpoint): Readonly<Record<string, unknown>> {
  const { origin, size, root } = checkpoint;
  const by = cosigned.map(({ name, time }) => ({ name, time: momentOf(time) }));
  return { checkpoint: { origin, size, root: hex(root) }, log: log.name, cosigned: by };
}

function checkpointLines({
  checkpoint,
  cosigned,
}: TrustedCheckpoint): readonly (readonly [string, string])[] {
  const witnesses = cosigned.map(({ name, time }) => `${name} (${momentOf(time)})`).join(', ');
  return [
    ['checkpoint', `${checkpoint.origin}, size ${checkpoint.size}, root ${hex(checkpoint.root)}`],
    ['cosigned by', witnesses === '' ? 'nobody: the policy asks for the log alone' : witnesses],
  ];
}

/** A witness's clock may say anything up to 2^63 - 1 seconds; what no calendar holds stays a number. */
function momentOf(time: bigint): string {
  const at = new Date(Number(time) * 1000);
  return Number.isNaN(at.getTime()) ? time.toString() : at.toISOString();
}

/** A consistency proof: a hash a line, all as the API gives them (64 hexadecimal digits) or all in base64 (C2SP). */
function hashesOf(file: Uint8Array): readonly Uint8Array[] {
  const text = fromUtf8(file);
  if (text === '') return [];
  if (!text.endsWith('\n')) throw violation('expected a hash a line, got no newline at the end of the proof');
  const lines = text.slice(0, -1).split('\n');
  const decode = lines.every((line) => line.length === 64) ? fromHex : fromBase64;
  const hashes = lines.map(decode);
  if (hashes.some((hash) => hash.length !== 32)) throw violation('expected hashes of 32 bytes in the proof');
  return hashes;
}

function hashOf(text: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new Misused('expected --leaf-hash of 64 lower-case hexadecimal digits');
  return fromHex(text);
}

async function contentOf(file: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new Misused(`cannot read ${file} (${why})`);
  }
}

function violation(message: string): VitrineError {
  return new VitrineError('INTEGRITY_VIOLATION', message);
}
