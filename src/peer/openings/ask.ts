/** Asks the log's API for openings. */
import { ClientError, OpeningsDocument, VitrineClient } from '../../client/index.js';
import { keyBeside } from '../key-file.js';
import { fromBase64, VitrineError } from '../../ledger/core/index.js';
import { readToken } from '../token-file.js';

/** What the API said of one entry. */
export interface AskedOpening {
  readonly index: bigint;
  /** Null: not for this token, or withheld. */
  readonly opening: { readonly bytes: Uint8Array; readonly salt: Uint8Array } | null;
}

/** Entries from an index on, before another, at most `PAGE` of them in order. */
export type Ask = (wish: {
  readonly institution: string | null;
  readonly from: bigint;
  readonly to: bigint;
}) => Promise<readonly AskedOpening[]>;

/** Most entries of one answer. */
export const PAGE = 100;
/** A page of the API looks at so many entries. */
export const WINDOW = 4096n;

export interface AskOptions {
  /** Address of the GraphQL endpoint. */
  readonly endpoint: string;
  readonly tokenFile: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Throws UNAVAILABLE when there is no usable answer, UNAUTHENTICATED or FORBIDDEN when the token isn't taken. */
export function askOver({ endpoint, tokenFile, timeoutMs, signal }: AskOptions): Ask {
  const token = () => readToken(tokenFile);
  const dpop = () => keyBeside(tokenFile);
  const client = new VitrineClient({ endpoint, token, dpop, timeout: timeoutMs, retry: { attempts: 1 } });
  return async ({ institution, from, to }) => {
    const filter = { institution, from: from.toString(), to: to.toString() };
    try {
      const { data, errors } = await client.requestPartial(
        OpeningsDocument,
        { filter, first: PAGE },
        { signal },
      );
      const edges = data?.entries?.edges;
      const [error] = errors;
      if (edges === undefined) {
        if (error !== undefined) throw new ClientError([error]);
        throw new VitrineError('UNAVAILABLE', 'the API gave no entries');
      }
      return edges.flatMap(({ node }) => (node === null ? [] : [readNode(node)]));
    } catch (cause) {
      throw refusalOf(cause, signal);
    }
  };
}

function readNode(node: { index: string; opening: { bytes: unknown; salt: unknown } | null }): AskedOpening {
  const { bytes, salt } = node.opening ?? {};
  const opening =
    typeof bytes === 'string' && typeof salt === 'string'
      ? { bytes: fromBase64(bytes), salt: fromBase64(salt) }
      : null;
  return { index: BigInt(node.index), opening };
}

function refusalOf(cause: unknown, signal: AbortSignal): unknown {
  signal.throwIfAborted();
  if (cause instanceof VitrineError) return cause;
  if (!(cause instanceof ClientError))
    return new VitrineError('UNAVAILABLE', 'the API gave no usable answer', { cause });
  const refused = cause.code === 'UNAUTHENTICATED' || cause.code === 'FORBIDDEN' ? cause.code : 'UNAVAILABLE';
  return new VitrineError(refused, cause.message, { cause });
}
