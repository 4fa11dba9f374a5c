/**
 * What a server in this process does for a request, so that two can be compared without a clock: the statements that reach the
 * database's driver, in their order, how many values were decrypted, and how many signatures verified. Nothing is changed by it:
 * each call goes on to the driver, or the platform, as it came.
 */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import pg from 'pg';

export interface Work {
  readonly statements: readonly string[];
  readonly decryptions: number;
  readonly verifications: number;
}

/** Statements of the deployment itself, which no request asks for. */
const BACKGROUND = /^LISTEN |^SELECT 1$|pg_try_advisory_lock/;

let seen: { statements: string[]; decryptions: number; verifications: number } | null = null;
const { query } = pg.Client.prototype;
const { createDecipheriv, verify } = crypto;

/** Begins to watch, for a test file; the function ends it. */
export function watchWork(): () => void {
  pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
    const text = textOf(given[0]);
    if (!BACKGROUND.test(text)) seen?.statements.push(text);
    return Reflect.apply(query, this, given) as never;
  };
  crypto.createDecipheriv = ((...given: Parameters<typeof createDecipheriv>) => {
    if (seen !== null) seen.decryptions += 1;
    return createDecipheriv(...given);
  }) as typeof createDecipheriv;
  crypto.verify = (...given: unknown[]) => {
    if (seen !== null) seen.verifications += 1;
    return Reflect.apply(verify, crypto, given) as never;
  };
  syncBuiltinESMExports();
  return () => {
    pg.Client.prototype.query = query;
    Object.assign(crypto, { createDecipheriv, verify });
    syncBuiltinESMExports();
  };
}

/** What is done until `request` has been answered. Nothing else may be going on. */
export async function workOf(request: () => Promise<unknown>): Promise<Work> {
  const work = { statements: [] as string[], decryptions: 0, verifications: 0 };
  seen = work;
  try {
    await request();
  } finally {
    seen = null;
  }
  return work;
}

function textOf(given: unknown): string {
  const text = typeof given === 'string' ? given : ((given as { text?: string } | null)?.text ?? '');
  return text.replace(/\s+/g, ' ').trim();
}
