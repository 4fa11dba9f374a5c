/** PostgreSQL addresses: Prisma's `schema` parameter and session settings in them. */
import { VitrineError } from '../ledger/core/error.js';

export interface ParsedUrl {
  /** Without Prisma's own parameters, which PostgreSQL doesn't know. */
  readonly url: string;
  readonly schema: string | undefined;
}

/** URLSearchParams writes a space as `+`, which libpq takes for a plus sign. */
function print(url: URL): string {
  url.search = url.searchParams.toString().replaceAll('+', '%20');
  return url.toString();
}

/**
 * Takes an address apart.
 *
 * @param setting - the name of the setting it came from, for the message
 * @throws VitrineError NOT_CONFIGURED when it isn't a PostgreSQL address or the schema's name needs quoting
 */
export function parseDatabaseUrl(text: string, setting: string): ParsedUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    // The text isn't repeated: it may hold a password.
    throw new VitrineError(
      'NOT_CONFIGURED',
      `${setting} isn't of the form postgresql://user:password@host:port/database`,
    );
  }
  const schema = url.searchParams.get('schema') ?? undefined;
  if (schema !== undefined && !/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(schema)) {
    throw new VitrineError('NOT_CONFIGURED', `${setting} names a schema that isn't of letters, digits and _`);
  }
  for (const name of ['schema', 'connection_limit', 'pool_timeout', 'pgbouncer'])
    url.searchParams.delete(name);
  return { url: print(url), schema };
}

/** Adds session settings, which hold from the first statement of every session on. */
export function withSettings(text: string, settings: Readonly<Record<string, string>>): string {
  const url = new URL(text);
  const words = Object.entries(settings).map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`);
  const before = url.searchParams.get('options');
  url.searchParams.set('options', [...(before === null ? [] : [before]), ...words].join(' '));
  return print(url);
}

/** Host, port and database of an address, for messages. */
export function hostOf(text: string): string {
  const url = new URL(text);
  return `${url.host || (url.searchParams.get('host') ?? 'the local socket')}${url.pathname}`;
}
