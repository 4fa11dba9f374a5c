/**
 * A whole system without its network side, for the tests of reporting, finance and audit: the real database, ledger,
 * services, resolvers and shield, with a ministry, two institutions and their members.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graphql, parse, subscribe, type ExecutionResult, type GraphQLSchema } from 'graphql';
import pg from 'pg';
import { servedSchema } from '../../src/federation/index.js';
import { VitrineError } from '../../src/ledger/core/index.js';
import {
  DEVELOPMENT_GENESIS,
  openSystem,
  type Config,
  type Logger,
  type OpenSystem,
  UPLOADS_BY_DEFAULT,
  type UploadSettings,
} from '../../src/server/index.js';
import { freshDatabase } from './database.js';

/** What one operation answered, for tests that know its shape. */
export interface Answer {
  readonly data: Readonly<Record<string, unknown>>;
  /** Codes of the errors, in order. */
  readonly codes: readonly string[];
  readonly errors: readonly VitrineError[];
  readonly messages: readonly string[];
}

const quiet = () => undefined;
const LOG = {
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
  fatal: quiet,
  trace: quiet,
} as unknown as Logger;

const ENROL = `mutation ($input: EnrolMemberInput!) { enrolMember(input: $input) { member { id } } }`;
const REGISTER = `mutation ($input: RegisterInstitutionInput!) { registerInstitution(input: $input) { institution { id } } }`;

export class State {
  /** Ids by name: `city`, `harbour`, and members by their subject. */
  readonly ids: Record<string, string> = {};
  now = new Date('2026-06-15T12:00:00.000Z');
  #close: () => Promise<void> = () => Promise.resolve();
  #open: OpenSystem | undefined;
  #schema: GraphQLSchema | undefined;
  #ownerUrl = '';
  #config: Partial<Config> & Pick<Config, 'dataDir'> = { dataDir: '' };
  #uploads: UploadSettings = UPLOADS_BY_DEFAULT;

  /** Opens it, by default without denials on the log, with `city` (which has a bank account), `harbour` (which has none) and their people. */
  static async open(uploads: Partial<UploadSettings> = {}): Promise<State> {
    const state = new State();
    state.#uploads = { ...UPLOADS_BY_DEFAULT, denials: 0, ...uploads };
    await state.#start();
    await state.#populate();
    return state;
  }

  get system(): OpenSystem {
    if (this.#open === undefined) throw new Error('it is not open');
    return this.#open;
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** A second process of the deployment, as far as the database can tell; closed with the first. */
  async another(): Promise<OpenSystem> {
    const dataDir = await mkdtemp(join(tmpdir(), 'vitrine-state-'));
    const { keysDir = join(this.#config.dataDir, 'keys') } = this.#config;
    const config = { ...this.#config, dataDir, keysDir };
    const clock = () => new Date(this.now);
    const other = await openSystem({ config: config as Config, log: LOG, clock, trustFirst: true });
    const close = this.#close;
    this.#close = async () => {
      await other.closing.close();
      await rm(dataDir, { recursive: true, force: true });
      await close();
    };
    return other;
  }

  /** Runs SQL as the owner of the tables, with triggers off. */
  async tamper(...statements: readonly string[]): Promise<void> {
    const client = new pg.Client({ connectionString: this.#ownerUrl });
    await client.connect();
    try {
      for (const sql of ["SET session_replication_role = 'replica'", ...statements]) await client.query(sql);
    } finally {
      await client.end();
    }
  }

  /** Runs an operation as the member of this subject; null: without a token. */
  async run(
    subject: string | null,
    source: string,
    variableValues: Record<string, unknown> = {},
  ): Promise<Answer> {
    const contextValue = await this.context(subject);
    const result = await graphql({ schema: this.schema, source, variableValues, contextValue });
    await contextValue.reads.settle();
    return answerOf(result);
  }

  /** Runs a mutation of one input under a request id of its own. */
  mutate(
    subject: string,
    name: string,
    input: Record<string, unknown>,
    selection: string,
    requestId: string = randomUUID(),
  ): Promise<Answer> {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    const source = `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} } }`;
    return this.run(subject, source, { input: { requestId, ...input } });
  }

  /** Runs a mutation that may have to wait, with the approval of `by`. */
  async approved(
    [subject, by]: readonly [string, string],
    name: string,
    input: Record<string, unknown>,
    selection: string,
  ): Promise<Answer> {
    const requestId = randomUUID();
    const asked = await this.mutate(subject, name, input, selection, requestId);
    if (asked.codes[0] !== 'ENDORSEMENT_PENDING') return asked;
    const upload = String(asked.errors[0]?.details['upload']);
    requireAccepted(await this.mutate(by, 'endorseUpload', { upload }, 'requestId'));
    return this.mutate(subject, name, input, selection, requestId);
  }

  /** Subscribes as the member of this subject. */
  async subscribe(subject: string | null, source: string): Promise<AsyncIterableIterator<ExecutionResult>> {
    const contextValue = await this.context(subject);
    const events = await subscribe({ schema: this.schema, document: parse(source), contextValue });
    if (Symbol.asyncIterator in events) return events as AsyncIterableIterator<ExecutionResult>;
    throw events.errors?.[0]?.originalError ?? new Error('not subscribed');
  }

  context(subject: string | null, at: OpenSystem = this.system) {
    const bearer = subject === null ? null : { subject, expires: Number.MAX_SAFE_INTEGER / 1000 };
    return at.system.contextOf(bearer, LOG);
  }

  get schema(): GraphQLSchema {
    return (this.#schema ??= servedSchema());
  }

  async enrol(
    subject: string,
    institution: string,
    roles: readonly string[],
    by = 'regulator.one',
  ): Promise<void> {
    const input = { requestId: randomUUID(), institution, subject, name: subject, roles };
    const answer = await this.run(by, ENROL, { input });
    requireAccepted(answer);
    this.ids[subject] = (answer.data['enrolMember'] as { member: { id: string } }).member.id;
  }

  async #start(): Promise<void> {
    const database = await freshDatabase();
    this.#ownerUrl = database.ownerUrl;
    const dataDir = await mkdtemp(join(tmpdir(), 'vitrine-state-'));
    const config = {
      databaseUrl: database.url,
      databaseOwnerUrl: database.ownerUrl,
      dataDir,
      logOrigin: 'state.test/log',
      witnessPolicy: null,
      uploads: this.#uploads,
    };
    this.#config = config;
    this.#open = await openSystem({
      // The system reads no more of the settings than these.
      config: config as Config,
      log: LOG,
      clock: () => new Date(this.now),
      genesis: DEVELOPMENT_GENESIS,
    });
    this.#close = async () => {
      await this.#open?.closing.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    };
  }

  async #populate(): Promise<void> {
    const me = await this.run('regulator.one', '{ me { member { id } institution { id } } }');
    const { member, institution } = me.data['me'] as { member: { id: string }; institution: { id: string } };
    this.ids['regulator.one'] = member.id;
    this.ids['ministry'] = institution.id;
    await this.enrol('regulator.two', institution.id, ['REGULATOR']);
    await this.enrol('auditor', institution.id, ['AUDITOR']);
    for (const [name, account] of [
      ['city', { iban: 'DE89370400440532013000', holder: 'City Hospital' }],
      ['harbour', null],
    ] as const) {
      const input = {
        requestId: randomUUID(),
        name,
        kind: 'HOSPITAL',
        ownership: 'PUBLIC',
        region: 'capital',
        identifiers: [],
        licence: { number: name },
        account,
      };
      const answer = await this.run('regulator.one', REGISTER, { input });
      requireAccepted(answer);
      const { institution: made } = answer.data['registerInstitution'] as { institution: { id: string } };
      this.ids[name] = made.id;
      for (const role of ['registrar', 'reporter', 'finance', 'clinician'])
        await this.enrol(`${role}.${name}`, made.id, [role.toUpperCase()]);
    }
  }
}

function answerOf(result: ExecutionResult): Answer {
  const errors = (result.errors ?? []).map(refusalOf);
  return {
    data: result.data ?? {},
    errors,
    codes: errors.map(({ code }) => code),
    messages: errors.map(({ message }) => message),
  };
}

function requireAccepted({ errors: [error] }: Answer): void {
  if (error !== undefined) throw error;
}

/** The refusal behind an error, however often it was wrapped on its way. */
function refusalOf(error: Error & { originalError?: Error | null | undefined }): VitrineError {
  for (let cause: typeof error | null | undefined = error; cause; cause = cause.originalError)
    if (cause instanceof VitrineError) return cause;
  return new VitrineError('INTERNAL', `unexpected: ${error.message}`, { cause: error });
}
