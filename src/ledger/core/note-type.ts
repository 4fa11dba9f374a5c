/** The two signature types that Vitrine makes and checks, and what a cosignature covers. */
import { utf8 } from './bytes.js';

/** Signature type of an Ed25519 signature on the text itself (c2sp.org/signed-note, "Signature types"). */
export const ED25519 = 0x01;

/** Signature type of a witness's timestamped cosignature (c2sp.org/tlog-cosignature, `cosignature/v1`). */
export const COSIGNATURE = 0x04;

/** What a `cosignature/v1` signature covers: a header line, the time in seconds since 1970, and the checkpoint. */
export function cosignedMessage(text: string, time: bigint): Uint8Array {
  return utf8(`cosignature/v1\ntime ${time}\n${text}`);
}
