/** GraphQL types of blocks and checkpoints: public by construction. */
import { Field, ObjectType } from 'type-graphql';
import { BigIntScalar, Classified, connection, DateTimeScalar, HashScalar } from '../api/index.js';
import type { BlockHeader, Checkpoint } from '../ledger/core/index.js';

@ObjectType('Block', {
  description:
    'The entries that one commit appended, under a header that carries the previous header’s hash.',
})
export class BlockObject {
  constructor(
    readonly header: BlockHeader,
    private readonly headerHash: Uint8Array,
  ) {}

  @Classified('LOG')
  @Field(() => BigIntScalar, { description: 'Its place in the chain, from 0.' })
  get height(): bigint {
    return this.header.height;
  }

  @Classified('LOG')
  @Field(() => HashScalar, { description: 'SHA-256 of its header’s bytes.' })
  get hash(): Uint8Array {
    return this.headerHash;
  }

  @Classified('LOG')
  @Field(() => HashScalar, { description: 'Hash of the block before; zeros for the first.' })
  get previous(): Uint8Array {
    return this.header.previous;
  }

  @Classified('LOG')
  @Field(() => BigIntScalar, { description: 'Index of its first entry.' })
  get first(): bigint {
    return this.header.first;
  }

  @Classified('LOG')
  @Field(() => BigIntScalar, { description: 'Entries on the log up to its end.' })
  get size(): bigint {
    return this.header.size;
  }

  @Classified('LOG')
  @Field(() => HashScalar, { description: 'RFC 6962 root of all entries up to its end.' })
  get root(): Uint8Array {
    return this.header.root;
  }

  @Classified('LOG')
  @Field(() => DateTimeScalar, { description: 'When it was committed; the time of all its entries.' })
  get time(): string {
    return this.header.time;
  }
}

export const BlockConnection = connection<BlockObject>('Block', () => BlockObject);

@ObjectType('Checkpoint', { description: 'The signed state of the log: what it held when.' })
export class CheckpointObject {
  constructor(
    readonly checkpoint: Checkpoint,
    private readonly text: string,
    private readonly verifierKeys: readonly string[],
  ) {}

  @Classified('LOG')
  @Field(() => String, { description: 'Name of the log.' })
  get origin(): string {
    return this.checkpoint.origin;
  }

  @Classified('LOG')
  @Field(() => BigIntScalar, { description: 'How many entries it covers: those with an index below this.' })
  get size(): bigint {
    return this.checkpoint.size;
  }

  @Classified('LOG')
  @Field(() => HashScalar, { description: 'RFC 6962 root hash of the tree of the entries it covers.' })
  get root(): Uint8Array {
    return this.checkpoint.root;
  }

  @Classified('LOG')
  @Field(() => String, {
    description:
      'Name, size and root as a signed note (C2SP tlog-checkpoint), with the log’s signature and those of its witnesses.',
  })
  get note(): string {
    return this.text;
  }

  @Classified('LOG')
  @Field(() => String, {
    description:
      'The log’s public key (C2SP signed-note verifier key), by which `note` verifies. Hold it against a copy that you got another way.',
  })
  get key(): string {
    return this.verifierKeys[0] ?? '';
  }

  @Classified('LOG')
  @Field(() => [String], {
    description:
      'All keys that sign at this size, as in `key`, which is the first. While the log’s key is rotated the one before it signs too, so that whoever knows only that one can follow.',
  })
  get keys(): readonly string[] {
    return this.verifierKeys;
  }
}
