/** Keys that an entry registers: the member `keys` of an opening's detail. */
import type { JsonObject } from './json.js';
import { thumbprint } from './statement.js';
import * as strict from './strict.js';

/** A registered Ed25519 key. */
export interface OpeningKey {
  /** `log` signs checkpoints, `service` system operations, `delegated` an institution's interactive users. */
  readonly use: 'log' | 'service' | 'delegated' | 'own';
  /** RFC 7638 thumbprint, base64url. */
  readonly thumbprint: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly institution: string | null;
  readonly member: string | null;
  /** RFC 3339 UTC with milliseconds, or null. */
  readonly expires: string | null;
}

const MEMBERS = ['use', 'thumbprint', 'publicKey', 'institution', 'member', 'expires'] as const;
const USE = /^(?:log|service|delegated|own)$/;

/**
 * Keys that a detail registers; none when it has no member `keys`. Throws INTEGRITY_VIOLATION when an item has other
 * members or forms, or a thumbprint that isn't its key's.
 */
export function parseKeys(detail: JsonObject | null): readonly OpeningKey[] {
  if (detail === null || !Object.hasOwn(detail, 'keys')) return [];
  return strict.parsing('keys', () => strict.array(detail['keys'], 'keys').map(readKey));
}

function readKey(value: JsonObject[string]): OpeningKey {
  const key = strict.object(value, 'key', MEMBERS);
  const publicKey = strict.bytesOf(key.publicKey, 'publicKey', 32);
  if (key.thumbprint !== thumbprint(publicKey)) {
    throw strict.violation('thumbprint: expected that of the public key');
  }
  return {
    use: strict.text(key.use, 'use', USE, 'log, service, delegated or own') as OpeningKey['use'],
    thumbprint: key.thumbprint,
    publicKey,
    institution: strict.nullable(key.institution, (id) => strict.uuid(id, 'institution')),
    member: strict.nullable(key.member, (id) => strict.uuid(id, 'member')),
    expires: strict.nullable(key.expires, (time) => strict.instant(time, 'expires')),
  };
}
