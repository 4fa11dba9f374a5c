/** The log of accesses over real HTTP: who sees which of them, that it is whole, and following it live. */
import { parse, validate } from 'graphql';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { verifyBundle } from '../../src/client/index.js';
import { servedSchema } from '../../src/federation/index.js';
import { readyQueries } from '../../src/web/index.js';
import { granted, make, revoke, world, type World } from './world.js';

interface Access {
  readonly act: string;
  readonly time: string;
  readonly index: string;
  readonly patientId: string;
  readonly memberId: string;
  readonly purpose: string | null;
  readonly evidence: string | null;
  readonly reason: string | null;
  readonly roles: readonly string[];
  readonly institution: { readonly name: string } | null;
  readonly member: { readonly name: string } | null;
}

interface Log {
  readonly accessLog: {
    readonly edges: readonly { readonly cursor: string; readonly node: Access }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean };
  };
}

const SELECTION = `{ edges { cursor node { act time index patientId memberId purpose evidence reason roles
  institution { name } member { name } } } pageInfo { hasNextPage hasPreviousPage } }`;
const REASON = 'Unconscious on arrival';

let at: World;
/** Another file of the same person at City, linked. */
let second: string;

beforeAll(async () => {
  at = await world();
  second = await make(at.vitrine, 'registrar.city', 'registerPatient', 'patient', { unidentified: true });
  await make(at.vitrine, 'registrar.city', 'linkPatients', 'link', {
    patient: at.patient,
    other: second,
    evidence: 'The same passport',
  });
  await look('clinician.north', 'TREATMENT');
  await look('clinician.harbour', 'EMERGENCY', { reason: REASON });
  const listed = await at.vitrine.ask<{ patientByIdentifier: { id: string } }>(
    'registrar.north',
    '{ patientByIdentifier(system: "urn:test:consents", value: "patient.self", birthDate: "1980-02-03") { id } }',
  );
  if (listed.data?.patientByIdentifier.id !== at.patient) throw new Error(listed.text);
}, 120_000);
afterAll(() => at.vitrine.stop());

/** Opens a view of a patient's file; gives the index of its receipt. */
async function look(who: string, purpose: string, more: object = {}, patient = at.patient): Promise<string> {
  const { data, text } = await at.vitrine.mutate<{ openView: { receipt: { index: string } } | null }>(
    who,
    'openView',
    { subject: { kind: 'PATIENT', id: patient }, purpose, ...more },
    'receipt { index }',
  );
  const index = data?.openView?.receipt.index;
  if (index === undefined) throw new Error(text);
  return index;
}

const emergency = (patient = at.patient) =>
  look('clinician.harbour', 'EMERGENCY', { reason: REASON }, patient);

const ask = (who: string | null, args = '', patient = at.patient) =>
  at.vitrine.ask<Log>(who, `{ accessLog(patient: "${patient}"${args}) ${SELECTION} }`);

async function logFor(who: string, args = '', patient = at.patient): Promise<readonly Access[]> {
  const { data, text } = await ask(who, args, patient);
  if (!data?.accessLog) throw new Error(text);
  return data.accessLog.edges.map(({ node }) => node);
}

const NORTH = 'Northern Hospital TREATMENT';
const HARBOUR = 'Harbour EMERGENCY';
const LISTED = 'Northern Hospital LISTED';

const nameOf = ({ act, purpose, institution }: Access) =>
  `${institution?.name.replace(/^Harbour.*/, 'Harbour')} ${act === 'LISTED' ? act : purpose}`;

describe('the log of a patient’s accesses', () => {
  it.each([
    ['patient.self', [LISTED, HARBOUR, NORTH]],
    ['auditor', [LISTED, HARBOUR, NORTH]],
    ['clinician.north', [LISTED, NORTH]],
    ['clinician.harbour', [HARBOUR]],
    ['clinician.city', []],
    ['registrar.city', []],
    ['regulator.one', []],
    ['patient.one', []],
  ])('shows %s, newest first: %j', async (who, expected) => {
    expect((await logFor(who)).map(nameOf)).toEqual(expected);
  });

  it('is for nobody who isn’t signed in', async () => {
    expect((await ask(null)).codes).toEqual(['UNAUTHENTICATED']);
  });

  it('tells the patient who, in which role and for what, and not the member’s name', async () => {
    const [listed, urgent, treating] = await logFor('patient.self');
    expect(urgent).toMatchObject({ reason: REASON, evidence: null, roles: ['CLINICIAN'], member: null });
    expect(treating).toMatchObject({
      evidence: 'TREATING',
      reason: null,
      roles: ['CLINICIAN'],
      member: null,
    });
    expect(listed).toMatchObject({ act: 'LISTED', purpose: null, evidence: null, roles: ['REGISTRAR'] });
    expect(urgent?.memberId).toMatch(/^[0-9a-f-]{36}$/);
    const [, own] = await logFor('clinician.north');
    expect(own?.member?.name).toBeTypeOf('string');
    expect(own?.memberId).toBe(treating?.memberId);
  });

  it('says the same beside the patient', async () => {
    const { data, text } = await at.vitrine.ask<{ patient: Log }>(
      'patient.self',
      `{ patient(id: "${at.patient}") { accessLog ${SELECTION} } }`,
    );
    expect(
      data?.patient.accessLog.edges.map(({ node }) => nameOf(node)),
      text,
    ).toEqual([LISTED, HARBOUR, NORTH]);
  });

  it('is narrowed by act and by period', async () => {
    const [listed, urgent, treating] = await logFor('patient.self');
    const names = async (filter: string) =>
      (await logFor('patient.self', `, filter: {${filter}}`)).map(nameOf);
    expect(await names('act: LISTED')).toEqual([LISTED]);
    expect(await names('act: OPENED')).toEqual([HARBOUR, NORTH]);
    expect(await names(`from: "${urgent?.time}"`)).toEqual([LISTED, HARBOUR]);
    expect(await names(`from: "${treating?.time}", to: "${listed?.time}"`)).toEqual([HARBOUR, NORTH]);
    const backwards = await ask(
      'patient.self',
      `, filter: {from: "${listed?.time}", to: "${treating?.time}"}`,
    );
    expect(backwards.codes).toEqual(['BAD_USER_INPUT']);
    expect(backwards.errors[0]?.extensions.path).toEqual(['filter', 'to']);
  });

  it('goes on by cursor where it was, whatever came meanwhile, and refuses a cursor of nothing', async () => {
    const first = (await ask('patient.self', ', first: 2')).data?.accessLog;
    expect(first?.pageInfo).toEqual({ hasNextPage: true, hasPreviousPage: false });
    await emergency(second);
    const after = first?.edges.at(-1)?.cursor ?? '';
    const next = (await ask('patient.self', `, first: 2, after: "${after}"`)).data?.accessLog;
    expect(next?.edges.map(({ node }) => nameOf(node))).toEqual([NORTH]);
    expect(next?.pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: true });
    expect((await ask('patient.self', ', after: "x"')).codes).toEqual(['BAD_USER_INPUT']);
  });

  it('holds the accesses to linked files for the person, and to nobody else tells of other files', async () => {
    const index = await emergency(second);
    const own = (await logFor('patient.self')).find((access) => access.index === index);
    expect(own?.patientId).toBe(second);
    for (const who of ['auditor', 'clinician.harbour'])
      expect(
        (await logFor(who)).map((access) => access.index),
        who,
      ).not.toContain(index);
    expect((await logFor('auditor', '', second)).map((access) => access.index)).toContain(index);
  });

  it('is whole for a representative while the appointment stands', async () => {
    const appointment = await granted(at, 'patient.self', {
      type: 'REPRESENTATIVE',
      representative: at.friend,
    });
    expect(await logFor('patient.one')).toEqual(await logFor('patient.self'));
    await revoke(at.vitrine, 'patient.self', appointment);
    expect(await logFor('patient.one')).toEqual([]);
  });

  it('gives of each access a receipt that holds offline', async () => {
    interface Proofs {
      readonly accessLog: {
        readonly edges: readonly {
          readonly node: { readonly view: { readonly proof: { readonly bundle: string } } };
        }[];
      };
    }
    const { data, text } = await at.vitrine.ask<Proofs>(
      'patient.self',
      `{ accessLog(patient: "${at.patient}") { edges { node { view { proof { bundle } } } } } }`,
    );
    const bundles = data?.accessLog.edges.map(({ node }) => node.view.proof.bundle) ?? [];
    expect(bundles.length, text).toBeGreaterThanOrEqual(3);
    const policy = `log ${at.vitrine.serving.ledger.verifierKey}\nquorum none\n`;
    const proved = bundles.map((bundle) => verifyBundle(bundle, policy).fields);
    const log = await logFor('patient.self');
    expect(proved.map((fields) => [fields['act'], fields['member'], fields['reason'] ?? null])).toEqual(
      log.map(({ act, memberId, reason }) => [act, memberId, reason]),
    );
    const changed = (bundles[0] ?? '').replace('"OPENED"', '"LISTED"');
    expect(() => verifyBundle(changed, policy)).toThrow();
  });
});

describe('following accesses', () => {
  interface Event {
    readonly accessToMe: { readonly index: string; readonly patientId: string } | null;
  }

  async function feed(who: string, variables: object) {
    const client = createClient({
      url: `${at.vitrine.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${await at.vitrine.token(who)}` },
      retryAttempts: 0,
    });
    const events = client.iterate<Event>({
      query: `subscription ($after: BigInt, $patient: ID) {
        accessToMe(after: $after, patient: $patient) { index patientId } }`,
      variables: { ...variables },
    });
    /** The index of the next access, or the code of the error that ends it. */
    const next = async (): Promise<string | null> => {
      const event = await events.next();
      if (event.done === true) throw new Error('the subscription ended');
      const [error] = event.value.errors ?? [];
      return error === undefined
        ? (event.value.data?.accessToMe?.index ?? null)
        : String(error.extensions?.['code']);
    };
    return { next, dispose: async () => client.dispose() };
  }

  it('gives every access to one’s own files once and in order, across a reconnection, and no other’s', async () => {
    const known = (await logFor('patient.self')).map(({ index }) => index).reverse();
    const first = await feed('patient.self', { after: '-1' });
    const seen: (string | null)[] = [];
    while (seen.length < known.length - 1) seen.push(await first.next());
    await first.dispose();
    const stranger = await make(at.vitrine, 'registrar.city', 'registerPatient', 'patient', {
      unidentified: true,
    });
    await emergency(stranger);
    const away = await look('clinician.north', 'TREATMENT');
    const again = await feed('patient.self', { after: seen.at(-1) });
    try {
      seen.push(await again.next(), await again.next());
      const linked = await emergency(second);
      seen.push(await again.next());
      expect(seen).toEqual([...known, away, linked]);
    } finally {
      await again.dispose();
    }
  });

  it('ends for a representative with the appointment', async () => {
    const appointment = await granted(at, 'patient.self', {
      type: 'REPRESENTATIVE',
      representative: at.friend,
    });
    const after = String(at.vitrine.serving.ledger.trusted.size - 1n);
    const followed = await feed('patient.one', { after, patient: at.patient });
    try {
      const index = await look('clinician.north', 'TREATMENT');
      expect(await followed.next()).toBe(index);
      await revoke(at.vitrine, 'patient.self', appointment);
      await look('clinician.north', 'TREATMENT');
      expect(await followed.next()).toBe('FORBIDDEN');
    } finally {
      await followed.dispose();
    }
  });

  it.each([
    ['clinician.city', {}],
    ['auditor', {}],
    ['patient.one', 'self'],
    ['clinician.north', 'self'],
  ])('is not for %s', async (who, whose) => {
    const followed = await feed(who, whose === 'self' ? { patient: at.patient } : {});
    expect(await followed.next()).toBe('FORBIDDEN');
    await followed.dispose();
  });
});

describe('the playground’s query', () => {
  it('is one that the server takes, and shows the patient its accesses', async () => {
    const ready = (await readyQueries()).find(({ name }) => name === '9-who-looked')?.query ?? '';
    expect(validate(servedSchema(), parse(ready))).toEqual([]);
    const [, live = ''] = /\n(subscription [\s\S]*?\n\}\n)/.exec(ready) ?? [];
    const { data, text } = await at.vitrine.ask<{ patients: { edges: { node: Log }[] } }>(
      'patient.self',
      ready.replace(live, ''),
    );
    expect(live).not.toBe('');
    expect(data?.patients.edges[0]?.node.accessLog.edges.length, text).toBeGreaterThanOrEqual(3);
  });
});

describe('a log from which a receipt was taken', () => {
  it('isn’t shown', async () => {
    const [gone] = await logFor('patient.self');
    await at.vitrine.tamper(`DELETE FROM view WHERE entry = ${gone?.index ?? ''}`);
    for (const who of ['patient.self', 'auditor'])
      expect((await ask(who)).codes, who).toContain('INTEGRITY_VIOLATION');
  });
});
