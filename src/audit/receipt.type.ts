/** GraphQL types of receipts and anchors: where a write, or a record that was read, stands on the log. */
import { Field, ID, ObjectType } from 'type-graphql';
import { BigIntScalar, Classified, HashScalar, registerEnum, type AcceptedPort } from '../api/index.js';
import type { AnchorOf } from '../records/index.js';

export const ReceiptStateEnum = { SEALED: 'SEALED', COSIGNED: 'COSIGNED' } as const;

export type ReceiptState = keyof typeof ReceiptStateEnum;

registerEnum(ReceiptStateEnum, {
  name: 'ReceiptState',
  description: 'How far an entry is beyond doubt.',
  values: {
    SEALED: 'In a block, under a checkpoint that the log signed.',
    COSIGNED: 'Under a checkpoint that enough witnesses cosigned too.',
  },
});

@ObjectType('Receipt', {
  description:
    'Proof that a mutation was accepted: where on the log its entry stands. The same request gets the same receipt.',
})
export class Receipt {
  constructor(readonly accepted: AcceptedPort) {}

  @Classified('LOG')
  @Field(() => ID, { description: 'The client’s id of the request.' })
  get request(): string {
    return this.accepted.request;
  }

  @Classified('LOG')
  @Field(() => BigIntScalar, { description: 'Position of its entry on the log.' })
  get index(): bigint {
    return this.accepted.index;
  }
}

@ObjectType('Anchor', {
  description: 'The check that an answer passed: where the record’s version stands on the log.',
})
export class Anchor {
  constructor(readonly anchor: AnchorOf) {}

  @Classified('LOG')
  @Field(() => BigIntScalar, { description: 'Position of the version’s entry.' })
  get index(): bigint {
    return this.anchor.index;
  }

  @Classified('LOG')
  @Field(() => HashScalar, { description: 'RFC 6962 hash of the entry’s leaf.' })
  get leafHash(): Uint8Array {
    return this.anchor.leafHash;
  }

  @Classified('LOG')
  @Field(() => Boolean, {
    description:
      'Always true: what fails verification is never answered; it is null with code INTEGRITY_VIOLATION.',
  })
  get verified(): boolean {
    return true;
  }
}
