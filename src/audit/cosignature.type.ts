/** GraphQL type of cosignatures: what witnesses signed of a checkpoint. */
import { Field, ObjectType } from 'type-graphql';
import { Classified, DateTimeScalar } from '../api/index.js';
import { formatCosignatures, formatVkey } from '../ledger/core/index.js';
import type { Cosignature } from '../ledger/index.js';

/** 31 December 9999: what no calendar of the API holds. */
const LATEST = 253_402_300_799n;

@ObjectType('Cosignature', {
  description:
    'That a witness, another institution’s machine, found a checkpoint consistent with all that it signed before (C2SP tlog-cosignature).',
})
export class CosignatureObject {
  constructor(private readonly cosignature: Cosignature) {}

  @Classified('LOG')
  @Field(() => String, { description: 'Name of the witness’s key, as it stands in the signature line.' })
  get witness(): string {
    return this.cosignature.key.name;
  }

  @Classified('LOG')
  @Field(() => String, {
    description:
      'The witness’s verifier key (C2SP signed-note). Hold it against a copy that you got another way.',
  })
  get key(): string {
    return formatVkey(this.cosignature.key);
  }

  @Classified('LOG')
  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the witness signed, by its own clock; null for a time that no calendar holds.',
  })
  get time(): string | null {
    const { time } = this.cosignature;
    return time > LATEST ? null : new Date(Number(time) * 1000).toISOString();
  }

  @Classified('LOG')
  @Field(() => String, { description: 'The signature line, as it stands in the checkpoint’s note.' })
  get line(): string {
    return formatCosignatures([this.cosignature.line]).trimEnd();
  }
}
