/** What comes beside an input that is signed by its uploader's own key: read once, at the door. */
import type { InputPath, ParsedStatement } from '../../ledger/core/index.js';
import { fromBase64url, parseStatement, saltsFrom, VitrineError } from '../../ledger/core/index.js';
import { nativeHash } from '../../ledger/index.js';

/** A signed change as it comes. */
export interface SignedStatement {
  /** Compact JWS. */
  readonly statement: string;
  /** 32 bytes, base64url: kept nowhere, logged nowhere. */
  readonly seed: string;
  /** Where the change stands in the input: `['input']` by default. */
  readonly path?: InputPath;
}

/** A signed change, read. */
export interface ReadSigned {
  /** The JWS as it came: it becomes the entry's signature. */
  readonly jws: string;
  readonly parsed: ParsedStatement;
  /** The salt of each field, by name. */
  readonly salts: (name: string) => Uint8Array;
  /** Where the change stands in the input. */
  readonly path: InputPath;
}

const SEED = /^[A-Za-z0-9_-]{43}$/;
/** No statement is near it: its members are of bounded length but for the origin. */
const LONGEST_JWS = 8192;

/** @throws VitrineError BAD_USER_INPUT for another form of the seed, SIGNATURE_INVALID for a statement that can't be read */
export function readSigned({ statement, seed, path = ['input'] }: SignedStatement): ReadSigned {
  const salts = readSeed(seed, [...path, 'signed', 'seed']);
  try {
    if (statement.length > LONGEST_JWS)
      throw new VitrineError('INTEGRITY_VIOLATION', `expected at most ${LONGEST_JWS} characters`);
    return { jws: statement, parsed: parseStatement(statement), salts, path };
  } catch (cause) {
    if (!(cause instanceof VitrineError)) throw cause;
    throw new VitrineError('SIGNATURE_INVALID', `the statement can't be read: ${cause.message}`, {
      path: [...path, 'signed', 'statement'],
      details: { rule: 'signature' },
    });
  }
}

/** Signed changes by their place, read; null for one that isn't signed, and for one that can't be read: what is wrong with those is told. */
export function readEach(given: readonly (SignedStatement | null)[]): {
  readonly signed: readonly (ReadSigned | null)[];
  readonly unread: readonly VitrineError[];
} {
  const unread: VitrineError[] = [];
  const signed = given.map((one) => {
    try {
      return one && readSigned(one);
    } catch (error) {
      if (!(error instanceof VitrineError)) throw error;
      unread.push(error);
      return null;
    }
  });
  return { signed, unread };
}

function readSeed(seed: string, path: InputPath): ReadSigned['salts'] {
  try {
    if (SEED.test(seed)) return saltsFrom(fromBase64url(seed), nativeHash);
  } catch {
    // Its last digit stands for bits that no byte has.
  }
  throw new VitrineError('BAD_USER_INPUT', 'expected a seed of 32 bytes in base64url', { path });
}
