/** Request ids that follow from the content, so that importing again asks for the same and adds nothing. */
import { v5 } from 'uuid';
import { canonical, hex, sha256 } from '../../ledger/core/index.js';
import type { Json } from '../../ledger/core/index.js';

/** Namespace of the importer's ids: random, and never to change. */
const NAMESPACE = '5d1f2c38-6f0b-4d4e-9a39-1b8e7c2d4a60';

/**
 * A UUIDv5 (RFC 9562, 5.5) over the log, the operation, what it is about and the whole input.
 *
 * @param origin of the log, so that two logs never share ids
 */
export function requestIdOf(origin: string, operation: string, about: string, input: Json): string {
  return v5(hex(sha256(canonical([origin, operation, about, input]))), NAMESPACE);
}

/** Plain JSON of an input: without members that are undefined. */
export function asJson(input: object): Json {
  // Inputs are objects of strings, numbers, booleans and lists: JSON by construction.
  return JSON.parse(JSON.stringify(input)) as Json;
}
