import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { signVersion } from '../../../src/client/index.js';
import { fromHex } from '../../../src/ledger/core/index.js';
import { newSigner } from '../../support/own-key.js';
import { type FiledReport, ids, keys, lateReport, open, sign, time, vitrine, type Wish } from '../signing.js';

beforeAll(() => open(), 120_000);
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
      wish: { op: 'referral.make' },
      code: 'STATEMENT_MISDIRECTED',
    },
    {
      what: 'about a policy, whose change is for another role',
      wish: { op: 'policy.change' },
      code: 'FORBIDDEN',
    },
    {
      what: 'of a file that is handed over, which asks by itself',
      wish: { op: 'patient.transfer', head: { kind: 'Patient' } },
      code: 'BAD_USER_INPUT',
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

describe('the situation of a statement', () => {
  let report: FiledReport;
  beforeAll(async () => {
    report = await lateReport();
  });

  /** Asks to amend the report, whose day to be filed is long past. What the values are doesn't matter here. */
  async function amending(situation?: string) {
    const requestId = randomUUID();
    const { id, anchor } = report;
    const head = {
      kind: 'Report',
      schema: 1,
      id,
      version: 2,
      custodian: ids['city'] ?? '',
      patient: null,
      jurisdiction: null,
      label: null,
      retention: null,
    };
    const version = {
      op: 'report.amend',
      head,
      values: { any: requestId },
      supersedes: fromHex(anchor.leafHash),
    };
    const request = {
      origin: 'vitrine.test/log',
      institution: ids['city'] ?? '',
      requestId,
      issued: new Date(time.now),
    };
    const { statement } = await signVersion(version, request, keys['reporter'] ?? newSigner());
    const input = { requestId, statements: [statement], situation };
    return vitrine.mutate<{ requestUpload: { uploadRequest: object } }>(
      'reporter',
      'requestUpload',
      input,
      'uploadRequest { state situation }',
    );
  }

  it('is what the version in force makes of it, whether it is said or not', async () => {
    for (const said of [undefined, 'report.amend.late']) {
      const { data, text } = await amending(said);
      expect(data?.requestUpload.uploadRequest, text).toEqual({
        state: 'VALIDATING',
        situation: 'report.amend.late',
      });
    }
  });

  it('is refused when it is understated, before anything is asked for', async () => {
    for (const said of ['report.amend', 'report.amend.other']) {
      const answer = await amending(said);
      expect(answer.codes, answer.text).toEqual(['CONFLICT']);
      expect(answer.errors[0]?.extensions).toMatchObject({
        path: ['input', 'situation'],
        details: { rule: 'situation' },
      });
    }
  });
});
