/** GraphQL types of proofs about the log: public, since they are made of hashes alone. */
import { Field, ObjectType } from 'type-graphql';
import { BigIntScalar, Classified, HashScalar } from '../api/index.js';
import type { ConsistencyProof, InclusionProof } from '../ledger/index.js';

@ObjectType('InclusionProof', {
  description:
    'That an entry is on the log of a size (RFC 9162 section 2.1.3): hash the leaf up along the path and compare with the root of a signed checkpoint.',
})
export class InclusionProofObject implements InclusionProof {
  @Classified('LOG')
  @Field(() => BigIntScalar, { description: 'Position of the entry, from 0.' })
  readonly index: bigint;

  @Classified('LOG')
  @Field(() => BigIntScalar, { description: 'Entries on the log that it is proved for.' })
  readonly size: bigint;

  @Classified('LOG')
  @Field(() => HashScalar, { description: 'RFC 6962 hash of the entry’s leaf.' })
  readonly leafHash: Uint8Array;

  @Classified('LOG')
  @Field(() => HashScalar, { description: 'RFC 6962 root at that size.' })
  readonly root: Uint8Array;

  @Classified('LOG')
  @Field(() => [HashScalar], { description: 'The path: sibling hashes, from the leaf up.' })
  readonly hashes: readonly Uint8Array[];

  constructor(proof: InclusionProof) {
    this.index = proof.index;
    this.size = proof.size;
    this.leafHash = proof.leafHash;
    this.root = proof.root;
    this.hashes = proof.hashes;
  }
}

@ObjectType('ConsistencyProof', {
  description:
    'That the log only grew from one size to another (RFC 9162 section 2.1.4): for whoever kept an older checkpoint.',
})
export class ConsistencyProofObject implements ConsistencyProof {
  @Classified('LOG')
  @Field(() => BigIntScalar, { description: 'The older size.' })
  readonly from: bigint;

  @Classified('LOG')
  @Field(() => BigIntScalar, { description: 'The newer size.' })
  readonly to: bigint;

  @Classified('LOG')
  @Field(() => HashScalar, { description: 'RFC 6962 root at the older size.' })
  readonly fromRoot: Uint8Array;

  @Classified('LOG')
  @Field(() => HashScalar, { description: 'RFC 6962 root at the newer size.' })
  readonly toRoot: Uint8Array;

  @Classified('LOG')
  @Field(() => [HashScalar], { description: 'The proof’s hashes, in the order of RFC 9162.' })
  readonly hashes: readonly Uint8Array[];

  constructor(proof: ConsistencyProof) {
    this.from = proof.from;
    this.to = proof.to;
    this.fromRoot = proof.fromRoot;
    this.toRoot = proof.toRoot;
    this.hashes = proof.hashes;
  }
}
