/** What the importer is told and what it answers. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { DpopKey, RetryOptions } from '../../client/index.js';
import type { IdentifierValue } from '../../fhir/index.js';

/** How the importer signs in: as personas of the development issuer, or with tokens that a file holds, all bound to one key or to none. */
export type ImportAccess =
  | { readonly kind: 'development' }
  | { readonly kind: 'tokens'; readonly tokens: ReadonlyMap<string, string>; readonly key?: DpopKey };

export interface ImportOptions {
  /** Files and folders; folders are read through, in the order of names. */
  readonly paths: readonly string[];
  /** Address of the server: `http://localhost:4000`. GraphQL is at `/graphql` there. */
  readonly server: string;
  readonly access: ImportAccess;
  /** Institution of patients and encounters whose file doesn't tell. */
  readonly institution?: IdentifierValue;
  /** Region of organisations without an address. Without it they are refused. */
  readonly region?: string;
  /** Ownership of organisations: FHIR doesn't tell. Default PUBLIC. */
  readonly ownership?: 'PUBLIC' | 'PRIVATE' | 'NON_PROFIT';
  /** Called after each file, and before the first. */
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Stops after the request that is under way; what was accepted stays, and running again completes it. */
  readonly signal?: AbortSignal;
  /** How often a request that got no answer is sent again. */
  readonly retry?: RetryOptions;
  /** For tests. */
  readonly fetch?: typeof globalThis.fetch;
}

export interface ImportProgress {
  /** Files done. */
  readonly done: number;
  readonly files: number;
  readonly patients: number;
  readonly encounters: number;
  readonly refused: number;
}

/** Something that wasn't taken, and why. */
export interface RefusedItem {
  readonly file: string;
  /** Place inside the file: `entry[3].resource.period.start`; empty for the file itself. */
  readonly path: string;
  readonly message: string;
  /** The server's error code, when it was the server that refused. */
  readonly code?: string;
}

/** New on the log, and found there already. */
export interface Tally {
  readonly added: number;
  readonly known: number;
}

export interface ImportSummary {
  /** Files read. */
  readonly files: number;
  /** Files of which nothing was taken because something in them is wrong. */
  readonly refusedFiles: number;
  readonly institutions: Tally;
  /** Registrars that were enrolled, in development. */
  readonly registrars: Tally;
  readonly patients: Tally;
  readonly encounters: Tally;
  /** Diagnoses in the encounters that were added. */
  readonly diagnoses: number;
  /** Resources that Vitrine has no place for, by type. */
  readonly ignored: Readonly<Record<string, number>>;
  /** Not empty: exit code 1. */
  readonly refused: readonly RefusedItem[];
}

const tokensFile = z.record(z.string().min(1), z.string().min(1));

/** Key of the ministry's token in a file of tokens; with it, institutions that aren't registered are registered. */
export const MINISTRY = 'ministry';

/**
 * Reads a file of tokens: `{"ministry": "…", "<system>|<value>": "…"}`, one for each institution's identifier.
 *
 * @throws Error when it isn't one
 */
export function readTokens(path: string): ImportAccess {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    // The cause may quote the file, and the file holds secrets.
    const isSyntax = cause instanceof SyntaxError;
    throw new Error(isSyntax ? `${path}: expected JSON` : `${path}: expected a file that can be read`);
  }
  const parsed = tokensFile.safeParse(value);
  if (!parsed.success) throw new Error(`${path}: expected an object of tokens by institution identifier`);
  return { kind: 'tokens', tokens: new Map(Object.entries(parsed.data)) };
}

/**
 * Reads an identifier given as `<system>|<value>`.
 *
 * @throws Error when it isn't one
 */
export function readIdentifier(text: string): IdentifierValue {
  const bar = text.indexOf('|');
  if (bar < 1 || bar === text.length - 1) throw new Error('expected an identifier <system>|<value>');
  return { system: text.slice(0, bar), value: text.slice(bar + 1) };
}

/** `<system>|<value>`: the one text of an identifier. */
export function identifierText({ system, value }: IdentifierValue): string {
  return `${system}|${value}`;
}
