/**
 * Where an input differs from what is sealed of it: a client that signed its own reading of the input learns which value
 * it should have written otherwise. Paths only: the values are the caller's.
 */
import type { InputPath, Json, JsonObject } from '../../ledger/core/index.js';

/** Told at once; the rest is likely of the same cause. */
const MOST = 20;

/**
 * Paths of values that aren't sealed as they came. What the input leaves out, or has as null, isn't told: it was sealed
 * as its default.
 * @param path where the input stands
 */
export function normalisedIn(input: Json, values: object, path: InputPath): readonly InputPath[] {
  const found: InputPath[] = [];
  // What is sealed is JSON: the kind's schema has validated it.
  compare(input, values as JsonObject, path, found);
  return found.slice(0, MOST);
}

function compare(came: Json, sealed: Json | undefined, path: InputPath, found: InputPath[]): void {
  if (came === null || sealed === undefined || came === sealed) return;
  if (typeof came !== 'object' || typeof sealed !== 'object' || sealed === null) {
    // A number or a time may be written as text.
    if (typeof came === 'object' || typeof sealed === 'object' || String(came) !== String(sealed))
      found.push(path);
    return;
  }
  if (Array.isArray(came) !== Array.isArray(sealed)) found.push(path);
  else if (Array.isArray(came) && Array.isArray(sealed) && came.length !== sealed.length) found.push(path);
  else
    for (const [name, inner] of Object.entries(came))
      compare(
        inner as Json,
        (sealed as JsonObject)[name],
        [...path, Array.isArray(came) ? Number(name) : name],
        found,
      );
}
