/** GraphQL type of proof bundles. */
import { Field, ObjectType } from 'type-graphql';
import { BigIntScalar, Classified } from '../api/index.js';
import { encodeProofBundle, fromUtf8 } from '../ledger/core/index.js';
import type { MadeBundle } from './bundle.service.js';

@ObjectType('ProofBundle', {
  description:
    'Proof of a record’s version, or of some of its fields, to keep and to show: it is checked offline, with the keys of the log and its witnesses alone (`vitrine verify --bundle`; schema/ledger.md, “Proof bundle”).',
})
export class ProofBundleObject {
  constructor(private readonly made: MadeBundle) {}

  @Classified('STRUCTURE')
  @Field(() => String, {
    description: 'The bundle: canonical JSON (RFC 8785). Keep it byte for byte, without a newline behind it.',
  })
  get bundle(): string {
    return fromUtf8(encodeProofBundle(this.made.bundle));
  }

  @Classified('STRUCTURE')
  @Field(() => [String], { description: 'Names of the fields that it proves.' })
  get fields(): string[] {
    return this.made.bundle.fields.map(({ name }) => name);
  }

  @Classified('STRUCTURE')
  @Field(() => BigIntScalar, { description: 'Position of the version’s entry on the log.' })
  get index(): bigint {
    return this.made.index;
  }

  @Classified('STRUCTURE')
  @Field(() => BigIntScalar, { description: 'Size of the log’s checkpoint that it is proved under.' })
  get size(): bigint {
    return this.made.size;
  }
}
