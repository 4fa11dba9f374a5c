/** Reads JSON bodies: valid UTF-8 only, so that no text is silently changed before it is hashed or sealed. */
import type { FastifyInstance } from 'fastify';
import { VitrineError } from '../ledger/core/error.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws VitrineError BAD_USER_INPUT; the body's own text is never repeated. */
export function parseBody(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new VitrineError('BAD_USER_INPUT', 'the request body is not valid UTF-8');
  }
  if (text.trim() === '') throw new VitrineError('BAD_USER_INPUT', 'the request body is empty');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new VitrineError('BAD_USER_INPUT', 'the request body is not valid JSON');
  }
}

/** Puts `parseBody` in the place of fastify's own parser; any other content type is refused with 415. */
export function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/(?:json|graphql\+json)(?:;|$)/i,
    { parseAs: 'buffer' },
    (_request, body, done) => {
      try {
        done(null, parseBody(body as Buffer));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}
