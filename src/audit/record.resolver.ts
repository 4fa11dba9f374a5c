/** What audit adds to every record and to every mutation's payload: where it stands on the log. */
import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import {
  Classified,
  HashScalar,
  MutationPayload,
  RecordObject,
  requireId,
  type RequestContext,
} from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import { Access, AccessFilter, MOST_DOWNLOADED } from '../viewing/index.js';
import { downloadAccesses } from './access-log.service.js';
import { BlockObject } from './block.type.js';
import { bundleOf } from './bundle.service.js';
import { ProofBundleObject } from './bundle.type.js';
import { historyOf } from './entry.service.js';
import { EntryObject } from './entry.type.js';
import { entryAt, requireBlock } from './log.service.js';
import { Anchor, Receipt, type ReceiptState, ReceiptStateEnum } from './receipt.type.js';
import { stateOf, WAIT } from './state.service.js';

@Resolver(() => RecordObject)
export class RecordLogResolver {
  @Classified('DIRECTORY', { existence: true })
  @FieldResolver(() => Anchor, { description: 'The check that this answer passed.' })
  anchor(@Root() { record }: RecordObject<object>): Anchor {
    return new Anchor(record.anchor);
  }

  @Classified('DIRECTORY', { existence: true })
  @FieldResolver(() => [EntryObject], {
    description: 'The record’s versions on the log, newest first; at most 1000.',
  })
  history(@Ctx() ctx: RequestContext, @Root() { record }: RecordObject<object>): Promise<EntryObject[]> {
    return historyOf(ctx, record);
  }

  // What it holds is decided field by field in bundleOf, as the shield decides.
  @Classified('DIRECTORY', { existence: true })
  @FieldResolver(() => ProofBundleObject, {
    nullable: true,
    description:
      'Proof of this version’s fields, to check offline: exactly those that you may copy. It proves that the version was on the log, not that no later one replaced it.',
  })
  async proof(
    @Ctx() ctx: RequestContext,
    @Root() { record }: RecordObject<object>,
    @Arg('fields', () => [String], {
      nullable: true,
      description:
        'Names of the sealed fields to prove (schema/ledger.md); all that you may copy by default. One that you may not copy is refused as the field itself is.',
    })
    fields?: string[] | null,
  ): Promise<ProofBundleObject> {
    return new ProofBundleObject(await bundleOf(ctx, record, fields));
  }
}

@Resolver(() => Access)
export class AccessProofResolver {
  @Classified('DIRECTORY')
  @FieldResolver(() => ProofBundleObject, {
    description:
      'Proof of it to check offline: of a view’s receipt, or of the one line of a batch of reads that says so, without the others’.',
  })
  async proof(@Ctx() ctx: RequestContext, @Root() { accessed }: Access): Promise<ProofBundleObject> {
    const { record, fields } = accessed.proved;
    return new ProofBundleObject(await bundleOf(ctx, record, fields));
  }
}

@Resolver()
export class AccessDownloadResolver {
  @Classified('STRUCTURE')
  @Query(() => String, {
    nullable: true,
    description:
      'The log of accesses as a signed file, for the patient and who acts for it: a proof of each access, newest first, and the deployment’s statement that these are all. Keep it byte for byte; `vitrine verify --bundle` checks it offline. Where there are more, its member `next` is the place to go on `after`: each file says from where to where it goes, and `vitrine verify` checks several as one.',
  })
  accessLogDownload(
    @Arg('patient', () => ID, { description: 'Whose accesses.' }) patient: string,
    @Ctx() ctx: RequestContext,
    @Arg('filter', () => AccessFilter, { nullable: true, description: 'Which; all by default.' })
    filter?: AccessFilter,
    @Arg('after', () => String, {
      nullable: true,
      description: 'The `next` of the part before; by default from the newest access on.',
    })
    after?: string,
    @Arg('most', () => Int, {
      defaultValue: MOST_DOWNLOADED,
      description: `Most accesses in the file, 1 to ${MOST_DOWNLOADED}.`,
    })
    most: number = MOST_DOWNLOADED,
  ): Promise<string> {
    return downloadAccesses(ctx, requireId(patient, ['patient']), filter, { after: after ?? null, most });
  }
}

@Resolver(() => MutationPayload)
export class PayloadReceiptResolver {
  @Classified('STRUCTURE')
  @FieldResolver(() => Receipt, { description: 'Proof of acceptance: where on the log the entry stands.' })
  receipt(@Root() { accepted }: MutationPayload): Receipt {
    return new Receipt(accepted);
  }
}

@Resolver(() => Receipt)
export class ReceiptResolver {
  @Classified('LOG')
  @FieldResolver(() => EntryObject, { description: 'Its entry on the log.' })
  async entry(@Ctx() ctx: RequestContext, @Root() { accepted }: Receipt): Promise<EntryObject> {
    const entry = await entryAt(ctx, accepted.index);
    if (entry !== null) return new EntryObject(entry);
    throw new VitrineError('INTEGRITY_VIOLATION', `entry ${accepted.index} is missing from the log`);
  }

  @Classified('LOG')
  @FieldResolver(() => HashScalar, {
    description: 'RFC 6962 hash of its entry’s leaf: what `proof` proves to be on the log.',
  })
  async leafHash(@Ctx() ctx: RequestContext, @Root() { accepted }: Receipt): Promise<Uint8Array> {
    // A repeated request may name an entry that another process wrote a moment ago.
    if (accepted.index >= ctx.log.trusted.size) await ctx.log.sync();
    return ctx.log.trusted.leafHashAt(accepted.index);
  }

  @Classified('LOG')
  @FieldResolver(() => BlockObject, { description: 'The block that holds it.' })
  block(@Ctx() ctx: RequestContext, @Root() { accepted }: Receipt): Promise<BlockObject> {
    return requireBlock(ctx, accepted.block);
  }

  @Classified('LOG')
  @FieldResolver(() => ReceiptStateEnum, { description: 'How far the entry is beyond doubt.' })
  state(
    @Ctx() ctx: RequestContext,
    @Root() { accepted }: Receipt,
    @Arg('waitMs', () => Int, WAIT) waitMs: number,
  ): Promise<ReceiptState> {
    return stateOf(ctx, accepted.index, waitMs);
  }
}

@Resolver(() => Anchor)
export class AnchorResolver {
  @Classified('LOG')
  @FieldResolver(() => BlockObject, { description: 'The block that holds the entry.' })
  block(@Ctx() ctx: RequestContext, @Root() { anchor }: Anchor): Promise<BlockObject> {
    return requireBlock(ctx, anchor.block);
  }

  @Classified('LOG')
  @FieldResolver(() => ReceiptStateEnum, { description: 'How far the entry is beyond doubt.' })
  state(@Ctx() ctx: RequestContext, @Root() { anchor }: Anchor): Promise<ReceiptState> {
    return stateOf(ctx, anchor.index);
  }
}
