/** Inputs as the server will read them. */
import type { z } from 'zod';
import { VitrineError } from '../../ledger/core/index.js';

/**
 * The value as its schema describes it.
 * @throws VitrineError BAD_USER_INPUT with every problem and its path, as the server would answer
 */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => ({
    path: ['input', ...path.map((step) => (typeof step === 'number' ? step : String(step)))],
    message,
  }));
  const [first] = problems;
  throw new VitrineError('BAD_USER_INPUT', first?.message ?? 'the input is not valid', {
    problems,
    ...(first === undefined ? {} : { path: first.path }),
  });
}
