import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ids, keys, open, sign, vitrine, type Wish } from '../signing.js';

beforeAll(open, 120_000);
afterAll(() => vitrine.stop());

const SELECTION = 'requestId uploadRequest { id state mode requestId memberId reasons { code } }';

interface Answered {
  readonly requestUpload: {
    readonly requestId: string;
    readonly uploadRequest: { readonly id: string; readonly state: string };
  };
}

async function ask(wish: Wish = {}, as = wish.as ?? 'clinician') {
  const { requestId, signed } = await sign(wish);
  const input = { requestId, statements: [signed.statement] };
  const answer = await vitrine.mutate<Answered>(as, 'requestUpload', input, SELECTION);
  return { requestId, signed, answer };
}

describe('asking with a statement of one’s own', () => {
  it('is confirmed at once where nobody has to approve, and names the client’s request', async () => {
    const { answer, requestId } = await ask();
    expect(answer.errors).toEqual([]);
    expect(answer.data?.requestUpload).toMatchObject({
      requestId,
      uploadRequest: { state: 'CONFIRMED', mode: 'OWN', requestId, memberId: ids['clinician'] },
    });
  });

  const REFUSED: readonly { what: string; wish: Wish; signer?: string; code: string }[] = [
    { what: 'signed by another', wish: {}, signer: 'colleague', code: 'KEY_OF_ANOTHER' },
    {
      what: 'of a record that its operation does not make',
      wish: { op: 'form.define' },
      code: 'STATEMENT_MISDIRECTED',
    },
    { what: 'for another log', wish: { over: { origin: 'other.test/log' } }, code: 'STATEMENT_MISDIRECTED' },
    { what: 'for another institution', wish: { over: { institution: null } }, code: 'WRONG_INSTITUTION' },
  ];
  it.each(REFUSED)('is refused when it is $what', async ({ wish, signer, code }) => {
    const key = signer === undefined ? undefined : keys[signer];
    const { answer } = await ask({ ...wish, ...(key === undefined ? {} : { signer: key }) }, 'clinician');
    expect(answer.codes).toEqual([code]);
  });

  it('gets the same request again when it is sent twice', async () => {
    const first = await ask();
    const other = { requestId: first.requestId, statements: [first.signed.statement] };
    // The same statement names the same request: it gets the same answer, and is no duplicate.
    const again = await vitrine.mutate<Answered>('clinician', 'requestUpload', other, SELECTION);
    expect(again.data?.requestUpload.uploadRequest.id).toBe(
      first.answer.data?.requestUpload.uploadRequest.id,
    );
  });
});
