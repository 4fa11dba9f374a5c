/**
 * How deep a document's brackets nest, asked before it is parsed: graphql-js's parser calls itself for each level, and a
 * stack that runs out is no refusal but a fault, which anybody could cause within the limit on tokens.
 */
import { Lexer, Source, TokenKind } from 'graphql';
import { VitrineError } from '../ledger/core/index.js';

/** No document within the other limits comes near it. */
const MAX_BRACKETS = 200;

const OPENING: ReadonlySet<string> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const CLOSING: ReadonlySet<string> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/** @throws VitrineError LIMIT_EXCEEDED for brackets in more than 200 others */
export function requireShallow(query: string): void {
  // Most documents don't have so many, however they stand.
  if ((query.match(/[{[(]/g)?.length ?? 0) <= MAX_BRACKETS) return;
  const lexer = new Lexer(new Source(query));
  for (let depth = 0; ;) {
    const kind = nextKind(lexer);
    if (kind === null) return;
    if (OPENING.has(kind)) depth += 1;
    if (CLOSING.has(kind)) depth -= 1;
    if (depth > MAX_BRACKETS)
      throw new VitrineError('LIMIT_EXCEEDED', `expected at most ${MAX_BRACKETS} brackets in each other`, {
        details: { expected: MAX_BRACKETS, came: depth },
      });
  }
}

/** Null at the end, and at what is no token: the parser, which comes as far, says what is wrong with it. */
function nextKind(lexer: Lexer): string | null {
  try {
    const { kind } = lexer.advance();
    return kind === TokenKind.EOF ? null : kind;
  } catch {
    return null;
  }
}
