/** Mutations that others must approve: asked for, endorsed by each of them, and sent again. */
import { randomUUID } from 'node:crypto';
import type { Answer, TestVitrine } from './vitrine.js';

/**
 * The answer of the mutation once it was approved, or its refusal. Where nobody must approve, it is sent once.
 * @param personas who sends it, and who endorses it then
 */
export async function approved<T>(
  vitrine: Pick<TestVitrine, 'mutate'>,
  [uploader, ...approvers]: readonly [string, ...string[]],
  name: string,
  input: Readonly<Record<string, unknown>>,
  selection: string,
): Promise<Answer<T>> {
  const request = { requestId: randomUUID(), ...input };
  const asked = await vitrine.mutate<T>(uploader, name, request, selection);
  const upload = uploadOf(asked);
  if (upload === null) return asked;
  for (const persona of approvers) {
    const endorsed = await vitrine.mutate<object>(persona, 'endorseUpload', { upload }, 'requestId');
    if (endorsed.codes.length > 0) throw new Error(`${persona} can't endorse ${name}: ${endorsed.text}`);
  }
  return vitrine.mutate<T>(uploader, name, request, selection);
}

/** The request that waits for approval; null where the answer is another. */
export function uploadOf({ errors }: Pick<Answer<unknown>, 'errors'>): string | null {
  const [first] = errors;
  if (first?.extensions.code !== 'ENDORSEMENT_PENDING') return null;
  return String(first.extensions.details?.['upload']);
}
