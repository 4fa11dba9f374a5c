/** A validator's link to the log's API: what waits there, and where decisions go. Nothing that it answers is trusted. */
import { WebSocket } from 'ws';
import {
  ClientError,
  type ClientErrorCode,
  DenyUploadDocument,
  EndorseUploadDocument,
  UploadStepsDocument,
  UploadToJudgeDocument,
  VitrineClient,
} from '../../client/index.js';
import { fromBase64, VitrineError } from '../../ledger/core/index.js';
import { keyBeside } from '../key-file.js';
import { readToken } from '../token-file.js';
import type { GivenOpening } from './key-book.js';

/** A step of a request that came up. */
export interface Step {
  /** Its position on the log. */
  readonly after: bigint;
  /** Id of the request where this member could endorse it at that moment; null otherwise. */
  readonly upload: string | null;
}

/** A request as the API shows it. */
export interface ShownUpload {
  readonly state: string;
  readonly mayEndorse: boolean;
  /** This member decided already. */
  readonly decided: boolean;
  readonly keyEntries: readonly GivenOpening[];
  readonly bundle: string | null;
}

/** How a request stands that takes no decision of this member any more; null while it does. */
export function outcomeOf(shown: ShownUpload | null): string | null {
  if (shown === null) return 'GONE';
  if (shown.decided) return 'STANDS';
  return shown.state === 'VALIDATING' ? null : shown.state;
}

/** Whom the token is of. */
export interface Self {
  readonly member: string;
  readonly institution: string | null;
}

/** What is there for this member of a request: nothing, or how it stands. */
export interface Looked {
  readonly self: Self;
  readonly shown: ShownUpload | null;
}

/** A decision as it is sent. */
export interface Sent {
  readonly requestId: string;
  readonly upload: string;
  readonly endorsement: string;
  /** With a refusal; null: it endorses. */
  readonly reasons: readonly string[] | null;
}

export interface Link {
  /** Steps behind a position, each once and in order. @throws VitrineError when it breaks */
  steps(after: bigint): AsyncGenerator<Step, void, undefined>;
  /** Null where there is no such request for this member. */
  look(upload: string): Promise<Looked>;
  /** Null when it was taken; else the code of the refusal. */
  send(decision: Sent): Promise<ClientErrorCode | null>;
}

export interface LinkOptions {
  /** Address of the GraphQL endpoint. */
  readonly endpoint: string;
  readonly tokenFile: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Refusals after which the same may be sent again: none of them says anything of the decision. */
const AGAIN: ReadonlySet<ClientErrorCode> = new Set<ClientErrorCode>([
  'NETWORK',
  'BAD_RESPONSE',
  'UNAVAILABLE',
  'UNAUTHENTICATED',
  'RATE_LIMITED',
  'INTERNAL',
]);

/** The link over HTTP and WebSocket. Its methods throw VitrineError UNAVAILABLE, UNAUTHENTICATED or FORBIDDEN. */
export function linkOver({ endpoint, tokenFile, timeoutMs, signal }: LinkOptions): Link {
  const token = () => readToken(tokenFile);
  const dpop = () => keyBeside(tokenFile);
  const client = new VitrineClient({ endpoint, token, dpop, timeout: timeoutMs, retry: { attempts: 1 } });
  return {
    async *steps(after) {
      try {
        const events = client.follow(UploadStepsDocument, {}, { after, signal, webSocket: WebSocket });
        for await (const { data, errors, after: position } of events) {
          const [error] = errors;
          // A step that can't be read now may be one to decide on: it isn't passed over.
          if (error !== undefined) throw new ClientError([error]);
          const step = data?.uploadRequests ?? null;
          const upload = step?.state === 'VALIDATING' && step.mayEndorse ? step.id : null;
          yield { after: BigInt(position), upload };
        }
      } catch (cause) {
        throw brokenBy(cause, signal);
      }
    },
    async look(upload) {
      try {
        const { me, uploadRequest: found } = await client.request(
          UploadToJudgeDocument,
          { id: upload },
          { signal },
        );
        if (me?.member == null) throw new VitrineError('UNAUTHENTICATED', 'the token is of no member');
        const self = { member: me.member.id, institution: me.institution?.id ?? null };
        if (found === null) return { self, shown: null };
        const { state, mayEndorse, endorsements, keyEntries, proof } = found;
        const shown = {
          state,
          mayEndorse,
          decided: endorsements.some(({ memberId }) => memberId === self.member),
          keyEntries: keyEntries.map(readEntry),
          bundle: proof === null ? null : proof.bundle,
        };
        return { self, shown };
      } catch (cause) {
        throw brokenBy(cause, signal);
      }
    },
    async send({ requestId, upload, endorsement, reasons }) {
      const input = { requestId, upload, endorsement };
      try {
        if (reasons === null) await client.request(EndorseUploadDocument, { input }, { signal });
        else
          await client.request(
            DenyUploadDocument,
            { input: { ...input, reasons: [...reasons] } },
            { signal },
          );
        return null;
      } catch (cause) {
        if (cause instanceof ClientError && !AGAIN.has(cause.code)) return cause.code;
        throw brokenBy(cause, signal);
      }
    },
  };
}

function readEntry({ index, bytes, salt }: { index: string; bytes: string; salt: string }): GivenOpening {
  return { index: BigInt(index), bytes: fromBase64(bytes), salt: fromBase64(salt) };
}

function brokenBy(cause: unknown, signal: AbortSignal): unknown {
  signal.throwIfAborted();
  if (cause instanceof VitrineError) return cause;
  if (!(cause instanceof ClientError)) return new VitrineError('UNAVAILABLE', 'the link broke', { cause });
  const code = cause.code === 'UNAUTHENTICATED' || cause.code === 'FORBIDDEN' ? cause.code : 'UNAVAILABLE';
  return new VitrineError(code, cause.message, { cause });
}
