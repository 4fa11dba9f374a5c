/** A client for tests of several processes: it asks whichever address it is given, under personas, and counts nothing as lost. */
import { randomUUID } from 'node:crypto';
import { INSTITUTIONS } from '../../src/cli/sample/data.js';
import { developmentToken } from '../../src/cli/token.js';

export type Data = Readonly<Record<string, unknown>>;

/** What came back: data or codes; `lost` when there was no answer, or one that says to ask again. */
export interface Reply {
  readonly data: Data | null;
  readonly errors: readonly {
    readonly message: string;
    readonly extensions: { code: string; details?: Data };
  }[];
  readonly code: string | null;
  readonly lost: boolean;
}

/** One mutation with its request id, which stays the same however often it is sent. */
export interface Intent {
  readonly persona: string;
  readonly name: string;
  readonly input: Data & { readonly requestId: string };
  readonly selection: string;
}

const LOST: Reply = { data: null, errors: [], code: 'LOST', lost: true };
const tokens = new Map<string, string>();

/** A mutation under a request id of its own. */
export function intent(persona: string, name: string, input: Data, selection: string): Intent {
  return { persona, name, input: { requestId: randomUUID(), ...input }, selection };
}

/** Asks one server. Tokens are asked of it once; they outlive its restarts as the issuer's key does. */
export class Api {
  constructor(readonly url: string) {}

  async ask(persona: string, query: string, variables: Data = {}): Promise<Reply> {
    try {
      const response = await fetch(`${this.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${await this.token(persona)}` },
        body: JSON.stringify({ query, variables }),
      });
      const body = (await response.json()) as { data?: Data; errors?: Reply['errors'] };
      const errors = body.errors ?? [];
      const code = errors[0]?.extensions.code ?? null;
      return { data: body.data ?? null, errors, code, lost: code === 'UNAVAILABLE' };
    } catch {
      return LOST;
    }
  }

  /** Sends a mutation; gives its payload beside the reply. */
  async send({
    persona,
    name,
    input,
    selection,
  }: Intent): Promise<Reply & { readonly payload: Data | null }> {
    const type = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} } }`;
    const reply = await this.ask(persona, query, { input });
    return { ...reply, payload: (reply.data?.[name] as Data | undefined) ?? null };
  }

  /** Sends a mutation that must be accepted, and gives its payload. */
  async must(persona: string, name: string, input: Data, selection: string): Promise<Data> {
    const { payload, errors } = await this.send(intent(persona, name, input, selection));
    if (payload === null) throw new Error(`${name} was not accepted: ${JSON.stringify(errors)}`);
    return payload;
  }

  async token(persona: string): Promise<string> {
    const key = `${this.url} ${persona}`;
    const known = tokens.get(key);
    if (known !== undefined) return known;
    const { token } = await developmentToken(this.url, persona);
    tokens.set(key, token);
    return token;
  }
}

/** Ids of the institutions that `populate` registers. */
export interface World {
  readonly city: string;
  readonly north: string;
}

const ENROLLED = [
  ['registrar.city', 'city', 'REGISTRAR'],
  ['finance.city', 'city', 'FINANCE'],
  ['registrar.north', 'north', 'REGISTRAR'],
  ['regulator.two', null, 'REGULATOR'],
  ['auditor', 'audit', 'AUDITOR'],
] as const;

/** Registers two hospitals and their people: what a load needs, and less than the sample. */
export async function populate(api: Api): Promise<World> {
  const id = (payload: Data, record: string): string => (payload[record] as { id: string }).id;
  const me = await api.ask('regulator.one', '{ me { institution { id } } }');
  const { institution: ministry } = me.data?.['me'] as { institution: { id: string } };
  const ids: Record<string, string> = {};
  for (const place of ['city', 'north', 'audit'] as const) {
    const payload = await api.must(
      'regulator.one',
      'registerInstitution',
      { ...INSTITUTIONS[place] },
      'institution { id }',
    );
    ids[place] = id(payload, 'institution');
  }
  for (const [subject, place, role] of ENROLLED) {
    const institution = place === null ? ministry.id : ids[place];
    const input = { institution, subject, name: subject, roles: [role] };
    await api.must('regulator.one', 'enrolMember', input, 'member { id }');
  }
  return { city: ids['city'] ?? '', north: ids['north'] ?? '' };
}
