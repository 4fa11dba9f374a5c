/** Blocks, checkpoints and entries of the trusted log, for one request. */
import type { RequestContext } from '../api/index.js';
import { headerHash, VitrineError } from '../ledger/core/index.js';
import type { VerifiedEntry } from '../ledger/index.js';
import { BlockObject } from './block.type.js';

/** Blocks that a request has asked for: a page of entries often asks for the same one many times. */
const BLOCKS = new WeakMap<RequestContext, Map<bigint, Promise<BlockObject | null>>>();

/** The verified block of a height; null when there is none. */
export function blockAt(ctx: RequestContext, height: bigint): Promise<BlockObject | null> {
  let known = BLOCKS.get(ctx);
  if (known === undefined) BLOCKS.set(ctx, (known = new Map<bigint, Promise<BlockObject | null>>()));
  let block = known.get(height);
  if (block === undefined) known.set(height, (block = readBlock(ctx, height)));
  return block;
}

/** The block that a verified entry or record stands in: it is there, or the log is broken. */
export async function requireBlock(ctx: RequestContext, height: bigint): Promise<BlockObject> {
  const block = await blockAt(ctx, height);
  if (block !== null) return block;
  throw new VitrineError('INTEGRITY_VIOLATION', `block ${height} is missing from the log`);
}

async function readBlock(ctx: RequestContext, height: bigint): Promise<BlockObject | null> {
  try {
    const { header, bytes } = await ctx.log.trusted.block(height);
    return new BlockObject(header, headerHash(bytes));
  } catch (error) {
    if (error instanceof VitrineError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

/** The note that was signed of the log at exactly this size, with its cosignatures, or null. */
export async function noteAt(ctx: RequestContext, size: bigint): Promise<string | null> {
  try {
    return await ctx.log.witnesses.attach(await ctx.log.checkpoint(size));
  } catch (error) {
    if (error instanceof VitrineError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

/** The note that was signed of the log at a size, or the newest where only a later one was signed. */
export async function noteCovering(ctx: RequestContext, size: bigint): Promise<string> {
  return (await noteAt(ctx, size)) ?? ctx.log.witnesses.attach(await ctx.log.checkpoint());
}

/** The verified entry at a position of the log that this process has verified; null beyond its end. */
export async function entryAt(ctx: RequestContext, index: bigint): Promise<VerifiedEntry | null> {
  if (index < 0n) return null;
  if (index >= ctx.log.trusted.size && index >= (await ctx.log.sync())) return null;
  for await (const entry of ctx.log.trusted.entries(index, index + 1n)) return entry;
  return null;
}

/** A page of blocks by height, from the one behind `after` on. */
export async function listBlocks(
  ctx: RequestContext,
  page: { readonly first: number; readonly after?: string },
): Promise<{ readonly blocks: BlockObject[]; readonly more: boolean }> {
  await ctx.log.sync();
  const from = page.after === undefined ? 0n : positionOf(page.after) + 1n;
  const heights = Array.from({ length: page.first + 1 }, (_, step) => from + BigInt(step));
  const found = await Promise.all(heights.map((height) => blockAt(ctx, height)));
  const blocks = found.filter((block) => block !== null);
  return { blocks: blocks.slice(0, page.first), more: blocks.length > page.first };
}

/**
 * The position that a cursor of entries or blocks names. Such cursors aren't secret: positions are public.
 * @throws VitrineError BAD_USER_INPUT
 */
export function positionOf(cursor: string): bigint {
  if (/^(?:0|[1-9]\d{0,15})$/.test(cursor)) return BigInt(cursor);
  throw new VitrineError('BAD_USER_INPUT', 'expected a cursor of this list', { path: ['after'] });
}
