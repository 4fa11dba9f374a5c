/** A server in memory that knows the importer's operations: what was accepted, in order, and who asked. */
import { VitrineError } from '../../src/ledger/core/index.js';

interface Asked {
  readonly query: string;
  readonly variables: { input?: Record<string, unknown> & { requestId: string } } & Record<string, unknown>;
}

interface Identifier {
  readonly system: string;
  readonly value: string;
}

interface Row {
  readonly id: string;
  readonly by: string;
  readonly input: Record<string, unknown>;
}

export class FakeServer {
  readonly institutions: Row[] = [];
  readonly members: Row[] = [];
  readonly patients: Row[] = [];
  readonly encounters: (Row & { institution: string })[] = [];
  readonly operations: string[] = [];
  size = 1;
  development = true;
  /** Called before each operation; may throw. */
  before: (operation: string) => void = () => undefined;
  readonly #accepted = new Map<string, { input: string; result: unknown }>();

  readonly fetch: typeof globalThis.fetch = async (url, init) => {
    const asked = JSON.parse(init?.body as string) as Asked & { persona?: string };
    if ((url as URL).pathname === '/dev/token') {
      return Promise.resolve(
        this.development
          ? Response.json({ access_token: asked.persona })
          : new Response('{}', { status: 404 }),
      );
    }
    const subject = new Headers(init?.headers).get('authorization')?.replace(/^(?:Bearer|DPoP) /, '') ?? '';
    const operation = /(?:query|mutation) (\w+)/.exec(asked.query)?.[1] ?? '';
    this.operations.push(operation);
    this.before(operation);
    try {
      return Promise.resolve(Response.json({ data: this.#answer(operation, asked.variables, subject) }));
    } catch (error) {
      if (!(error instanceof VitrineError)) throw error;
      const { code, message, details, inputPath: path } = error;
      return Promise.resolve(Response.json({ errors: [{ message, extensions: { code, details, path } }] }));
    }
  };

  #answer(operation: string, variables: Asked['variables'], subject: string): unknown {
    switch (operation) {
      case 'Checkpoint':
        return { checkpoint: { origin: 'test.example/log', size: String(this.size), root: '', note: '' } };
      case 'Me':
        return { me: this.#me(subject) };
      case 'Institutions': {
        const { identifier } = variables['filter'] as { identifier: Identifier };
        const found = this.institutions.filter((row) => holds(row, identifier));
        return {
          institutions: { edges: found.map((row) => ({ node: { id: row.id, ...row.input } })), pageInfo: {} },
        };
      }
      case 'PatientByIdentifier': {
        const { system, value, birthDate } = variables as unknown as Identifier & { birthDate: string };
        const found = this.patients.find(
          (row) => holds(row, { system, value }) && row.input['birthDate'] === birthDate,
        );
        return { patientByIdentifier: found === undefined ? null : { id: found.id } };
      }
      case 'Encounters':
        return { encounters: { edges: this.#encounterEdges(variables), pageInfo: {} } };
      default:
        return this.#mutate(operation, variables.input ?? { requestId: '' }, subject);
    }
  }

  #encounterEdges(variables: Asked['variables']): unknown[] {
    const { patient, start } = variables['filter'] as { patient: string; start: { from: string } };
    return this.encounters
      .filter(({ input }) => input['patient'] === patient && input['start'] === start.from)
      .map(({ id, input }) => ({ node: { id, ...input, diagnoses: null } }));
  }

  #me(subject: string): unknown {
    const member = this.members.find((row) => row.input['subject'] === subject);
    if (member === undefined) throw new VitrineError('UNAUTHENTICATED', 'nobody of this subject is a member');
    const institution = this.institutions.find((row) => row.id === member.input['institution']);
    return { roles: [], licensed: true, member: { id: member.id }, institution: institution ?? null };
  }

  #mutate(
    operation: string,
    input: Record<string, unknown> & { requestId: string },
    subject: string,
  ): unknown {
    const key = `${subject} ${input.requestId}`;
    const known = this.#accepted.get(key);
    if (known !== undefined) {
      if (known.input !== JSON.stringify(input))
        throw new VitrineError('CONFLICT', 'another request has this id');
      return known.result;
    }
    const result = this.#apply(operation, input, subject);
    this.#accepted.set(key, { input: JSON.stringify(input), result });
    return result;
  }

  #apply(operation: string, input: Record<string, unknown>, by: string): unknown {
    const receipt = () => ({ request: '', index: String(this.size++) });
    const row = (list: Row[], prefix: string) => {
      const made = { id: `${prefix}-${list.length}`, by, input };
      list.push(made);
      return made;
    };
    switch (operation) {
      case 'RegisterInstitution':
        if (by !== 'regulator.one' && by !== 'ministry-token')
          throw new VitrineError('FORBIDDEN', 'not the ministry');
        return {
          registerInstitution: { receipt: receipt(), institution: row(this.institutions, 'institution') },
        };
      case 'EnrolMember':
        return { enrolMember: { receipt: receipt(), member: row(this.members, 'member') } };
      case 'RegisterPatient': {
        this.#refuseHeld(input['identifiers'] as Identifier[]);
        return { registerPatient: { receipt: receipt(), patient: row(this.patients, 'patient') } };
      }
      case 'RecordEncounters':
        return { recordEncounters: this.#record(input, by, receipt) };
      default:
        throw new VitrineError('BAD_USER_INPUT', `the fake knows no ${operation}`);
    }
  }

  #refuseHeld(identifiers: readonly Identifier[]): void {
    const holder = this.patients.find((row) => identifiers.some((identifier) => holds(row, identifier)));
    if (holder !== undefined) {
      throw new VitrineError('CONFLICT', 'expected a new identifier, got a patient’s', {
        details: { kind: 'Patient', id: holder.id },
        path: ['input', 'identifiers', 0],
      });
    }
  }

  #record(input: Record<string, unknown>, by: string, receipt: () => unknown): unknown {
    const inputs = input['encounters'] as readonly Record<string, unknown>[];
    const institution = String(this.members.find((row) => row.input['subject'] === by)?.input['institution']);
    const receipts: unknown[] = [];
    const refused: unknown[] = [];
    inputs.forEach((one, part) => {
      const identifier = one['identifier'] as Identifier | undefined;
      const isHeld = this.encounters.some(
        (row) =>
          row.institution === institution &&
          identifier !== undefined &&
          (row.input['identifier'] as Identifier).value === identifier.value,
      );
      const path = ['input', 'encounters', part, 'identifier'];
      if (isHeld) {
        if (input['mode'] === 'ALL') throw new VitrineError('CONFLICT', 'expected a new number', { path });
        refused.push({ part, code: 'CONFLICT', message: 'expected a new number', path });
      } else {
        this.encounters.push({ id: `encounter-${this.encounters.length}`, by, institution, input: one });
        receipts.push(receipt());
      }
    });
    return { receipts, refused };
  }
}

function holds(row: Row, { system, value }: Identifier): boolean {
  const list = row.input['identifiers'] as readonly Identifier[];
  return list.some((own) => own.system === system && own.value === value);
}
