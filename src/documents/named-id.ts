/** Ids that follow from what they stand for, so that the log itself tells whether such a record is there. */
import { hex, sha256, utf8 } from '../ledger/core/index.js';

/**
 * A UUID of version 8 (RFC 9562, section 5.8): the first 122 free bits of SHA-256(tag ‖ 0x00 ‖ text).
 * @param tag what the id is of: `vitrine/policy/v1`; holds no zero byte
 */
export function namedId(tag: string, text: string): string {
  const bytes = sha256(utf8(`${tag}\u0000${text}`)).slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
