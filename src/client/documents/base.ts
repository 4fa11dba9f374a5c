/**
 * The version that an amendment starts from, proved: whoever signs the next one signs every value that it keeps, so none of
 * them may be the server's mere word.
 */
import {
  equal,
  type Json,
  parseProofBundle,
  type SealedHead,
  sealPlaintext,
  utf8,
  VitrineError,
} from '../../ledger/core/index.js';
import { type PolicySource, verifyBundle } from '../verify.js';

/** A record version with all its values. */
export interface VersionBase {
  readonly head: SealedHead;
  readonly values: Readonly<Record<string, Json>>;
  /** Of its entry's leaf: what the next version's statement names. */
  readonly leafHash: Uint8Array;
}

/** What of a head no bundle shows. */
export type Unshown = Pick<SealedHead, 'patient' | 'label' | 'retention'>;

/**
 * The version that a proof bundle of all fields shows (`proof { bundle }`). Its commitment to the whole record is made again of
 * what it shows and of `unshown`, so nothing of it is taken on trust.
 * @param unshown patient, label and retention, which a bundle holds back
 * @throws VitrineError INTEGRITY_VIOLATION when the bundle doesn't hold, or `unshown` isn't what was sealed, or a field
 *   isn't shown or was erased: then the next version can't be signed by whoever has this bundle
 */
export function provedBase(
  bundle: string | Uint8Array,
  policy: PolicySource,
  unshown: (values: VersionBase['values'], id: string) => Unshown,
): VersionBase {
  const { head: shown, fields, entry } = verifyBundle(bundle, policy);
  const parsed = parseProofBundle(typeof bundle === 'string' ? utf8(bundle) : bundle);
  const salts = new Map(parsed.fields.map(({ name, salt }) => [name, salt]));
  const { kind, schema, id, version, custodian, jurisdiction } = shown;
  const { patient, label, retention } = unshown(fields, id);
  const head = { kind, schema, id, version, custodian, patient, jurisdiction, label, retention };
  const sealed = sealPlaintext(head, fields, (name) => salts.get(name) ?? new Uint8Array(16));
  const { content } = entry.leaf;
  if (content === null || !equal(content, sealed.content))
    throw new VitrineError(
      'INTEGRITY_VIOLATION',
      'expected a bundle of all fields, with the patient, label and retention that were sealed with them',
    );
  return { head, values: fields, leafHash: entry.leafHash };
}
