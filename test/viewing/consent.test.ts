/** Consents over real HTTP: what a patient decides, and what everybody sees at the next request. */
import { createClient } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Answer } from '../support/vitrine.js';
import { grant, granted, make, noteFor, person, revoke, world, type World } from './world.js';

let at: World;
let offset = 0;
/** Consents that a test left standing. */
const standing: string[] = [];
beforeAll(async () => {
  at = await world(() => new Date(Date.now() + offset));
}, 120_000);
afterAll(() => at.vitrine.stop());
afterEach(async () => {
  for (const id of standing.splice(0)) await revoke(at.vitrine, 'patient.self', id);
});

async function stands(input: object): Promise<string> {
  const id = await granted(at, 'patient.self', input);
  standing.push(id);
  return id;
}

const note = (who: string, which: 'encounter' | 'labelled' | 'elsewhere' = 'encounter') =>
  noteFor(at.vitrine, who, at[which]);
const paper = { recordedFor: { reference: 'Form 7' } };

describe('a grant of copying', () => {
  it('gives raw values at the next request, and takes them away at the next after it is revoked', async () => {
    expect(await note('clinician.harbour')).toBeNull();
    const id = await stands({ type: 'COPY_GRANT', institution: at.harbour });
    expect(await note('clinician.harbour')).toBe('plain');
    expect(await note('clinician.harbour', 'elsewhere')).toBe('going on');
    expect((await revoke(at.vitrine, 'patient.self', id)).data?.revokeConsent.consent).toMatchObject({
      state: 'REVOKED',
      revokedAs: 'PATIENT',
    });
    expect(await note('clinician.harbour')).toBeNull();
  });

  it('gives labelled records only with their label', async () => {
    await stands({ type: 'COPY_GRANT', institution: at.harbour });
    expect(await note('clinician.harbour', 'labelled')).toBeNull();
    await stands({ type: 'LABEL_GRANT', institution: at.harbour, label: 'PSYCHIATRY' });
    expect(await note('clinician.harbour', 'labelled')).toBe('secret');
  });

  it('ends by itself when its time has come', async () => {
    const validUntil = new Date(Date.now() + 60_000).toISOString();
    await stands({ type: 'COPY_GRANT', institution: at.harbour, validUntil });
    expect(await note('clinician.harbour')).toBe('plain');
    offset = 61_000;
    expect(await note('clinician.harbour')).toBeNull();
    offset = 0;
  });

  it('from paper opens the recording institution’s records alone', async () => {
    const id = await granted(at, 'registrar.city', { type: 'COPY_GRANT', institution: at.harbour, ...paper });
    standing.push(id);
    expect(await note('clinician.harbour')).toBe('plain');
    expect(await note('clinician.harbour', 'elsewhere')).toBeNull();
  });
});

describe('a restriction', () => {
  it('takes treating away from the institution, which keeps what is its own', async () => {
    expect(await note('clinician.north')).toBe('VIEW_ONLY');
    await stands({ type: 'VIEW_RESTRICTION', institution: at.north });
    expect(await note('clinician.north')).toBeNull();
    expect(await note('clinician.north', 'elsewhere')).toBe('going on');
    expect(await note('clinician.city')).toBe('plain');
  });

  it('of all institutions leaves to each what it keeps, and to the patient all', async () => {
    await stands({ type: 'VIEW_RESTRICTION' });
    expect(await note('clinician.north')).toBeNull();
    expect(await note('clinician.city')).toBe('plain');
    expect(await note('patient.self')).toBe('plain');
  });

  it('of another purpose leaves treating as it was', async () => {
    await stands({ type: 'VIEW_RESTRICTION', purposes: ['COVERAGE', 'AUDIT'] });
    expect(await note('clinician.north')).toBe('VIEW_ONLY');
  });

  it('is known to nobody but the patient and auditors', async () => {
    const id = await stands({ type: 'VIEW_RESTRICTION', institution: at.north });
    const query = `{ consent(id: "${id}") { id } consents(patient: "${at.patient}") { edges { node { id } } } }`;
    for (const who of [
      'clinician.north',
      'registrar.north',
      'registrar.city',
      'clinician.harbour',
      'regulator.one',
    ])
      expect((await at.vitrine.ask(who, query)).text, who).not.toContain(id);
    for (const who of ['patient.self', 'auditor'])
      expect((await at.vitrine.ask(who, query)).text, who).toContain(id);
    const own = await at.vitrine.ask('clinician.north', '{ consents { edges { node { id } } } }');
    expect(own.text).not.toContain(id);
  });

  it('leaves no gap in the lists of who it hides records from', async () => {
    const query = `query ($after: String) { patient(id: "${at.patient}") { encounters(first: 1, after: $after) {
      edges { node { id } } pageInfo { hasNextPage endCursor } } } }`;
    interface Page {
      readonly patient: {
        readonly encounters: {
          readonly edges: readonly { readonly node: { readonly id: string } }[];
          readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
        };
      };
    }
    const seen: string[] = [];
    let after: string | null = null;
    for (let hasNext = true; hasNext;) {
      const answer: Answer<Page> = await at.vitrine.ask<Page>('clinician.north', query, { after });
      const page = answer.data?.patient.encounters;
      expect(page?.edges, answer.text).toHaveLength(1);
      seen.push(...(page?.edges.map(({ node }) => node.id) ?? []));
      after = page?.pageInfo.endCursor ?? null;
      hasNext = page?.pageInfo.hasNextPage ?? false;
    }
    // The labelled one stands between them.
    expect(seen).toEqual([at.encounter, at.elsewhere]);
  });
});

describe('a representative', () => {
  it('acts as the patient while the appointment stands, and every act shows who did it', async () => {
    expect(await note('patient.one')).toBeNull();
    const appointment = await stands({ type: 'REPRESENTATIVE', representative: at.friend });
    expect(await note('patient.one', 'labelled')).toBe('secret');
    const me = await at.vitrine.ask<{ me: { actsFor: { id: string }[] } }>(
      'patient.one',
      '{ me { actsFor { id } } }',
    );
    expect(me.data?.me.actsFor.map(({ id }) => id)).toContain(at.patient);
    const restriction = await grant(at, 'patient.one', { type: 'VIEW_RESTRICTION', institution: at.north });
    expect(restriction.data?.grantConsent.consent?.grantedAs).toBe('REPRESENTATIVE');
    expect(await note('clinician.north')).toBeNull();
    const id = restriction.data?.grantConsent.consent?.id ?? '';
    const { data } = await revoke(at.vitrine, 'patient.one', id);
    expect(data?.revokeConsent.consent).toMatchObject({ revokedAs: 'REPRESENTATIVE', revokedBy: at.friend });
    expect(await note('clinician.north')).toBe('VIEW_ONLY');
    await revoke(at.vitrine, 'patient.self', appointment);
    expect(await note('patient.one')).toBeNull();
    const after = await grant(at, 'patient.one', { type: 'VIEW_RESTRICTION' });
    expect(after.codes).toEqual(['NOT_FOUND']);
  });

  it('is told nothing more on an open subscription from the revocation on', async () => {
    const appointment = await stands({ type: 'REPRESENTATIVE', representative: at.friend });
    const client = createClient({
      url: `${at.vitrine.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${await at.vitrine.token('patient.one')}` },
      retryAttempts: 0,
    });
    const events = client.iterate<{ auditTrail: { opening: { op: string } | null } }>({
      query: 'subscription ($after: BigInt) { auditTrail(after: $after) { opening { op } } }',
      variables: { after: String(at.vitrine.serving.ledger.trusted.size - 1n) },
    });
    const visit = { patient: at.patient, class: 'AMB', status: 'FINISHED', start: '2025-07-01T10:00:00Z' };
    const next = async () => {
      const event = await events.next();
      if (event.done === true) throw new Error('the subscription ended');
      return event.value.data?.auditTrail.opening?.op ?? null;
    };
    try {
      await make(at.vitrine, 'clinician.city', 'recordEncounter', 'encounter', visit);
      expect(await next()).toBe('encounter.record');
      await revoke(at.vitrine, 'patient.self', appointment);
      expect(await next()).toBeNull();
      await make(at.vitrine, 'clinician.city', 'recordEncounter', 'encounter', visit);
      expect(await next()).toBeNull();
    } finally {
      await client.dispose();
    }
  });

  it('appoints nobody, and ends no appointment but its own', async () => {
    const other = await person(at.vitrine, 'patient.other');
    const { data } = await at.vitrine.ask<{ me: { member: { id: string } } }>(
      'patient.other',
      '{ me { member { id } } }',
    );
    const third = data?.me.member.id ?? '';
    await stands({ type: 'REPRESENTATIVE', representative: at.friend });
    const appoint = await grant(at, 'patient.one', { type: 'REPRESENTATIVE', representative: third });
    expect(appoint.codes).toEqual(['FORBIDDEN']);
    const beside = await stands({ type: 'REPRESENTATIVE', representative: third });
    expect((await revoke(at.vitrine, 'patient.one', beside)).codes).toEqual(['FORBIDDEN']);
    expect(other.patient).not.toBe(at.patient);
  });

  it('gives its own appointment up', async () => {
    const appointment = await stands({ type: 'REPRESENTATIVE', representative: at.friend });
    const answer = await revoke(at.vitrine, 'patient.one', appointment);
    expect(answer.codes).toEqual([]);
    expect(answer.data?.revokeConsent.consent).toBeNull();
    expect(await note('patient.one')).toBeNull();
  });
});

describe('consents', () => {
  it.each<[string, string, (at: World) => object, string, string | undefined]>([
    ['by a clinician', 'clinician.city', () => ({ type: 'VIEW_RESTRICTION' }), 'FORBIDDEN', undefined],
    [
      'by a clinician, from paper',
      'clinician.city',
      () => ({ type: 'VIEW_RESTRICTION', ...paper }),
      'FORBIDDEN',
      undefined,
    ],
    [
      'by a treating institution, from paper',
      'registrar.north',
      ({ north }) => ({ type: 'COPY_GRANT', institution: north, ...paper }),
      'NOT_FOUND',
      'input.patient',
    ],
    ['by a stranger', 'patient.one', () => ({ type: 'VIEW_RESTRICTION' }), 'NOT_FOUND', 'input.patient'],
    [
      'of copying without an institution',
      'patient.self',
      () => ({ type: 'COPY_GRANT' }),
      'BAD_USER_INPUT',
      'input.institution',
    ],
    [
      'of a label without a label',
      'patient.self',
      ({ north }) => ({ type: 'LABEL_GRANT', institution: north }),
      'BAD_USER_INPUT',
      'input.label',
    ],
    [
      'of copying, with a purpose',
      'patient.self',
      ({ north }) => ({ type: 'COPY_GRANT', institution: north, purposes: ['AUDIT'] }),
      'BAD_USER_INPUT',
      'input.purposes',
    ],
    [
      'for the past',
      'patient.self',
      () => ({ type: 'VIEW_RESTRICTION', validUntil: '2020-01-01T00:00:00Z' }),
      'BAD_USER_INPUT',
      'input.validUntil',
    ],
    [
      'about nobody',
      'patient.self',
      ({ patient }) => ({ type: 'COPY_GRANT', institution: patient }),
      'NOT_FOUND',
      'input.institution',
    ],
    [
      'for a person who isn’t one',
      'patient.self',
      ({ north }) => ({ type: 'REPRESENTATIVE', representative: north }),
      'NOT_FOUND',
      'input.representative',
    ],
  ])('%s are refused', async (_what, who, input, code, path) => {
    const answer = await grant(at, who, input(at));
    expect(answer.codes).toEqual([code]);
    expect(answer.errors[0]?.extensions.path?.join('.')).toBe(path);
  });

  it('to the state are refused: to it, care is statistics', async () => {
    const { data } = await at.vitrine.ask<{ me: { institution: { id: string } } }>(
      'regulator.one',
      '{ me { institution { id } } }',
    );
    const answer = await grant(at, 'patient.self', {
      type: 'COPY_GRANT',
      institution: data?.me.institution.id,
    });
    expect(answer.codes).toEqual(['BAD_USER_INPUT']);
  });

  it('stand once, and are revoked once', async () => {
    const input = { type: 'COPY_GRANT', institution: at.harbour };
    const id = await stands(input);
    expect((await grant(at, 'patient.self', input)).codes).toEqual(['CONFLICT']);
    await revoke(at.vitrine, 'patient.self', id);
    expect((await revoke(at.vitrine, 'patient.self', id)).codes).toEqual(['CONFLICT']);
  });

  it('granted at once by several requests stand once', async () => {
    const input = { type: 'COPY_GRANT', institution: at.harbour };
    const answers = await Promise.all(Array.from({ length: 5 }, () => grant(at, 'patient.self', input)));
    const ids = answers.flatMap(({ data }) => data?.grantConsent.consent?.id ?? []);
    standing.push(...ids);
    expect(ids).toHaveLength(1);
    expect(answers.flatMap(({ codes }) => codes)).toEqual(Array.from({ length: 4 }, () => 'CONFLICT'));
  });

  it('by a registrar are revoked by it, but not one that restricts its own institution', async () => {
    const own = await granted(at, 'registrar.city', { type: 'VIEW_RESTRICTION', ...paper });
    standing.push(own);
    expect((await revoke(at.vitrine, 'registrar.city', own, paper)).codes).toEqual(['FORBIDDEN']);
    const other = await granted(at, 'registrar.city', {
      type: 'COPY_GRANT',
      institution: at.harbour,
      ...paper,
    });
    const { data } = await revoke(at.vitrine, 'registrar.city', other, paper);
    expect(data?.revokeConsent.consent).toMatchObject({ state: 'REVOKED', revokedAs: 'REGISTRAR' });
    const patients = await stands({ type: 'COPY_GRANT', institution: at.city });
    expect((await revoke(at.vitrine, 'registrar.city', patients, paper)).codes).toEqual(['FORBIDDEN']);
  });

  it('are on the patient’s thread, and grants on the institution’s; restrictions on no other', async () => {
    const [restriction, grants] = [
      await stands({ type: 'VIEW_RESTRICTION', institution: at.north }),
      await stands({ type: 'COPY_GRANT', institution: at.harbour }),
    ];
    const threads = async (id: string) => {
      const [{ rows } = { rows: [] }] = await at.vitrine.tamper(
        `SELECT convert_from(opening, 'UTF8')::jsonb->'threads' AS threads FROM entry WHERE subject = '${id}'`,
      );
      return (rows as { threads: { id: string }[] }[])[0]?.threads.map((thread) => thread.id);
    };
    expect(await threads(restriction)).toEqual([at.patient]);
    expect(await threads(grants)).toEqual([at.patient, at.harbour]);
  });

  it('keep what was decided while it is read: no answer mixes two moments', async () => {
    const id = await stands({ type: 'COPY_GRANT', institution: at.harbour });
    const reads = Array.from({ length: 12 }, () => note('clinician.harbour'));
    const revoked = revoke(at.vitrine, 'patient.self', id);
    for (const read of await Promise.all(reads)) expect(['plain', null]).toContain(read);
    await revoked;
    expect(await note('clinician.harbour')).toBeNull();
  });
});
