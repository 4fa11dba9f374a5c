/** Trusted documents (design: access, "Hardening"): of a vendor with a list in force, what isn't on it doesn't run. */
import { GraphQLError, parse, print, stripIgnoredCharacters } from 'graphql';
import { hex, sha256, utf8, VitrineError } from '../ledger/core/index.js';
import type { Caller, RecordReader } from '../records/index.js';
import { requireShallow } from './nesting.js';
import { trustIdOf, trustKind, type TrustValues } from './trust.kind.js';

/** The hashes of a list, made once for each version of it. */
const HASHES = new WeakMap<TrustValues, ReadonlySet<string>>();

/** Tokens of one document, at most. */
const MOST_TOKENS = 10_000;

/**
 * A document in one form: without what GraphQL ignores (white space, commas and comments; GraphQL specification,
 * section 2.1.7), its operations and fragments sorted, since their order means nothing.
 * @throws GraphQLError when the text is no GraphQL, or too long; VitrineError LIMIT_EXCEEDED when it nests too deep
 */
export function normalDocument(source: string): string {
  requireShallow(source);
  const { definitions } = parse(source, { maxTokens: MOST_TOKENS, noLocation: true });
  return definitions
    .map((definition) => stripIgnoredCharacters(print(definition)))
    .sort()
    .join(' ');
}

/** What tells a document from others: SHA-256 of its one form, lower-case hexadecimal. @throws as `normalDocument` */
export function documentHash(source: string): string {
  return hex(sha256(utf8(normalDocument(source))));
}

/**
 * Refuses a document of a vendor whose list is in force and doesn't have it. To be asked before the text is parsed, so
 * that nothing of the schema is told: no suggestion, no introspection.
 * @param source the text as it was sent
 * @throws VitrineError UNTRUSTED_DOCUMENT; INTEGRITY_VIOLATION when the list doesn't verify, or is missing
 */
export async function requireTrusted(
  { caller, records }: { readonly caller: Caller; readonly records: Pick<RecordReader, 'fact'> },
  source: string,
): Promise<void> {
  if (caller?.roles.has('VENDOR') !== true) return;
  const list = await records.fact(trustKind, trustIdOf(caller.id));
  if (list === null || !list.values.enforced || isOn(list.values, source)) return;
  throw new VitrineError(
    'UNTRUSTED_DOCUMENT',
    'this document is not on your list of trusted documents, and nothing else runs for you',
  );
}

function isOn(values: TrustValues, source: string): boolean {
  let hashes = HASHES.get(values);
  if (hashes === undefined) {
    hashes = new Set(values.documents.map(({ text }) => documentHash(text)));
    HASHES.set(values, hashes);
  }
  try {
    return hashes.has(documentHash(source));
  } catch (error) {
    if (error instanceof GraphQLError) return false;
    throw error;
  }
}
