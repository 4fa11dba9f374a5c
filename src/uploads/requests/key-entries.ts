/**
 * The openings by which whoever decides on a request can tell whose keys signed its statements: those of the entries that
 * registered the keys, and of those that revoked them. They hold ids and keys, and nothing about a patient.
 */
import { Field, ObjectType } from 'type-graphql';
import { Base64Scalar, BigIntScalar, Classified, type RequestContext } from '../../api/index.js';
import { parseStatement } from '../../ledger/core/index.js';
import type { VerifiedEntry } from '../../ledger/index.js';

@ObjectType('KeyEntry', {
  description:
    'An entry that registered or revoked a key, opened: it is held against the leaf of that index.',
})
export class KeyEntryObject {
  constructor(private readonly entry: Pick<VerifiedEntry, 'index' | 'openingBytes' | 'salt'>) {}

  @Classified('STRUCTURE')
  @Field(() => BigIntScalar, { description: 'Position of the entry, from 0.' })
  get index(): bigint {
    return this.entry.index;
  }

  @Classified('STRUCTURE')
  @Field(() => Base64Scalar, {
    description:
      'The opening’s bytes, canonical JSON (RFC 8785). With `salt` they hash to the leaf’s `link`.',
  })
  get bytes(): Uint8Array {
    return this.entry.openingBytes;
  }

  @Classified('STRUCTURE')
  @Field(() => Base64Scalar, { description: 'The 16 bytes that salt the leaf’s `link`.' })
  get salt(): Uint8Array {
    return this.entry.salt;
  }
}

/**
 * Entries about the keys that signed these statements, each once, oldest first; none about a patient's own.
 * @throws VitrineError INTEGRITY_VIOLATION
 */
export async function keyEntries(
  { log }: Pick<RequestContext, 'log'>,
  statements: readonly string[],
): Promise<KeyEntryObject[]> {
  const indexes = new Set<bigint>();
  for (const kid of new Set(statements.map((one) => parseStatement(one).jws.kid))) {
    const key = log.trusted.key(kid);
    // Whoever acts for no institution is a patient, and its enrolment names the patient that it is.
    if (key === undefined || (key.use === 'own' && key.institution === null)) continue;
    indexes.add(key.entry);
    if (key.revoked !== null) indexes.add(key.revoked);
  }
  const found: KeyEntryObject[] = [];
  for (const index of [...indexes].sort((one, other) => (one < other ? -1 : 1)))
    for await (const entry of log.trusted.entries(index, index + 1n)) found.push(new KeyEntryObject(entry));
  return found;
}
