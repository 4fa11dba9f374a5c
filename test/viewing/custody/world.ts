/** Files of patients that are handed over, for the tests of it: a registrar on each side, and what each of them sees. */
import { randomUUID } from 'node:crypto';
import { KINDS } from '../../../src/federation/index.js';
import { auditLog } from '../../../src/ledger/index.js';
import { auditRows } from '../../../src/records/index.js';
import { type Answer, State } from '../../support/state.js';

export const FILE = 'id version birthDate names { family } custodian { id }';

export let state: State;

export async function open(): Promise<void> {
  state = await State.open();
}

export function idIn({ data, messages }: Answer, ...path: readonly string[]): string {
  const found = path.reduce<unknown>(
    (value, step) => (value as Record<string, unknown> | null)?.[step],
    data,
  );
  if (typeof found !== 'string') throw new Error(messages.join('; ') || `no ${path.join('.')}`);
  return found;
}

export async function register(more: object = {}, who = 'registrar.city'): Promise<string> {
  const input = {
    identifiers: [{ system: `urn:custody:${randomUUID()}`, value: '1' }],
    names: [{ family: 'Wanderer', given: ['Wilma'] }],
    birthDate: '1960-02-03',
    ...more,
  };
  return idIn(
    await state.mutate(who, 'registerPatient', input, 'patient { id }'),
    'registerPatient',
    'patient',
    'id',
  );
}

export function amend(who: string, patient: string, expectedVersion: number, facts: object): Promise<Answer> {
  return state.mutate(who, 'amendPatient', { patient, expectedVersion, ...facts }, 'patient { version }');
}

export const to = (institution: string, patient: string, expectedVersion = 1) => ({
  patient,
  expectedVersion,
  institution: state.ids[institution],
});

/** Hands a file over, with the approval of who is to keep it. */
export function hand(
  patient: string,
  expectedVersion = 1,
  from = 'city',
  receiver = 'harbour',
): Promise<Answer> {
  const people = [`registrar.${from}`, `registrar.${receiver}`] as const;
  const input = to(receiver, patient, expectedVersion);
  return state.approved(people, 'transferCustody', input, 'repeated receipt { index } record { id version }');
}

/** Asks, and nobody approves. */
export function ask(who: string, input: object, requestId = randomUUID()): Promise<Answer> {
  return state.mutate(who, 'transferCustody', { ...input }, 'receipt { index }', requestId);
}

export function approve({ errors }: Answer): Promise<Answer> {
  const upload = errors[0]?.details['upload'];
  return state.mutate('registrar.harbour', 'endorseUpload', { upload }, 'requestId');
}

export function read(who: string, patient: string): Promise<Answer> {
  return state.run(who, `{ patient(id: "${patient}") { ${FILE} } }`);
}

/** The patients of an institution, as its registrar lists them, by name too. */
export async function listed(
  institution: string,
  family: string,
): Promise<{ all: string[]; named: string[] }> {
  const ids = (answer: Answer): string[] => {
    if (answer.codes.length > 0) throw new Error(answer.messages.join('; '));
    const { edges } = answer.data['patients'] as { edges: { node: { id: string } }[] };
    return edges.map(({ node }) => node.id);
  };
  const list = (filter: string) =>
    state.run(`registrar.${institution}`, `{ patients(first: 100${filter}) { edges { node { id } } } }`);
  return { all: ids(await list('')), named: ids(await list(`, filter: { name: "${family}" }`)) };
}

/** `vitrine verify`: the log, and every row against it. */
export async function verify(): Promise<string[]> {
  const { database, ledger } = state.system;
  const findings: string[] = [];
  await auditLog({
    query: database.prisma,
    keys: ledger.keys,
    onFinding: ({ message }) => findings.push(message),
  });
  await auditRows({
    database,
    ledger,
    kinds: KINDS,
    onFinding: ({ what, where }) => findings.push(`${where}: ${what}`),
    onProgress: () => undefined,
  });
  return findings;
}
