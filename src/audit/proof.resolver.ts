/** GraphQL operations of proofs about the log, and the proof of a receipt. */
import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import { BigIntScalar, Classified, type RequestContext } from '../api/index.js';
import { noteAt } from './log.service.js';
import { ConsistencyProofObject, InclusionProofObject } from './proof.type.js';
import { Receipt } from './receipt.type.js';
import { requireWait, WAIT } from './state.service.js';

@Resolver(() => InclusionProofObject)
export class ProofResolver {
  @Classified('LOG')
  @Query(() => InclusionProofObject, {
    description: 'Proof that an entry is on the log. Verify it against a checkpoint that was signed.',
  })
  async inclusionProof(
    @Ctx() ctx: RequestContext,
    @Arg('index', () => BigIntScalar, { description: 'Position of the entry, from 0.' }) index: bigint,
    @Arg('size', () => BigIntScalar, {
      nullable: true,
      description: 'Size of the log to prove it for, above the index; the newest signed one by default.',
    })
    size?: bigint | null,
  ): Promise<InclusionProofObject> {
    return new InclusionProofObject(await ctx.log.proofs.inclusion(index, size ?? undefined));
  }

  @Classified('LOG')
  @Query(() => ConsistencyProofObject, {
    description:
      'Proof that the log of one size begins with that of an older one: nothing was changed or removed.',
  })
  async consistencyProof(
    @Ctx() ctx: RequestContext,
    @Arg('from', () => BigIntScalar, { description: 'The older size, from 1.' }) from: bigint,
    @Arg('to', () => BigIntScalar, {
      nullable: true,
      description: 'The newer size; the newest signed one by default.',
    })
    to?: bigint | null,
  ): Promise<ConsistencyProofObject> {
    return new ConsistencyProofObject(await ctx.log.proofs.consistency(from, to ?? undefined));
  }
}

@Resolver(() => InclusionProofObject)
export class InclusionTextResolver {
  @Classified('LOG')
  @FieldResolver(() => String, {
    nullable: true,
    description:
      'The same as C2SP tlog-proof text, checkpoint included; null at a size at which no checkpoint was signed.',
  })
  async text(
    @Ctx() ctx: RequestContext,
    @Root() { index, size }: InclusionProofObject,
  ): Promise<string | null> {
    const note = await noteAt(ctx, size);
    return note === null ? null : ctx.log.proofs.text(index, note);
  }
}

@Resolver(() => Receipt)
export class ReceiptProofResolver {
  @Classified('LOG')
  @FieldResolver(() => String, {
    description:
      'C2SP tlog-proof text under the newest checkpoint that enough witnesses cosigned, or while none covers the entry under the newest signed one: keep it to show offline, with the keys of the log and its witnesses alone, that the entry is on the log.',
  })
  async proof(
    @Ctx() ctx: RequestContext,
    @Root() { accepted }: Receipt,
    @Arg('waitMs', () => Int, WAIT) waitMs: number,
  ): Promise<string> {
    const { index } = accepted;
    return ctx.log.proofs.text(index, await ctx.log.checkpointOver(index, requireWait(waitMs)));
  }
}
