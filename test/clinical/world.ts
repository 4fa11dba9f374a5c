/**
 * A small world in memory: real kinds, services, resolvers and shield over plain maps instead of ledger and database.
 * What only the commit can know (unique keys, repeated requests) is imitated as far as the services rest on it.
 */
import 'reflect-metadata';
import { graphql, type GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { shieldSchema } from '../../src/access/index.js';
import type { RequestContext } from '../../src/api/index.js';
import { extensionsOf } from '../../src/api/index.js';
import { BatchReceiptResolver } from '../../src/audit/batch.resolver.js';
import {
  EncounterResolver,
  EnrolmentResolver,
  encounterKind,
  type EncounterValues,
  groupsOf,
  type LinkFacts,
  LinkedPatientResolver,
  linkKind,
  type LinkValues,
  patientKind,
  PatientLinkResolver,
  PatientResolver,
  retractResolver,
} from '../../src/clinical/index.js';
import { VitrineError } from '../../src/ledger/core/index.js';
import type {
  Caller,
  Condition,
  Loaded,
  Member,
  Query,
  RecordKind,
  RecordReader,
  Role,
  Unrelated,
} from '../../src/records/index.js';
import { CustodianResolver, InstitutionResolver, MemberResolver } from '../../src/registry/index.js';
import { listedOn } from '../../src/records/index.js';
import { institutionKind, memberKind } from '../../src/standing/index.js';
import { makingOf, requirePermitted, type AnyChange } from '../../src/uploads/index.js';

interface Stored extends Unrelated<object> {
  readonly actor: string;
}

interface Answer {
  readonly data: Record<string, unknown>;
  readonly errors: readonly {
    readonly path: string;
    readonly message: string;
    readonly extensions: Record<string, unknown>;
  }[];
}

const KINDS = [
  institutionKind,
  memberKind,
  patientKind,
  encounterKind,
  linkKind,
] as unknown as RecordKind<object>[];

let counter = 0;

export function uuid(): string {
  counter += 1;
  return `01890000-0000-7000-9000-${counter.toString(16).padStart(12, '0')}`;
}

export class World {
  readonly records = new Map<string, Stored>();
  readonly requests = new Map<string, { input: string; accepted: object[] }>();
  now = new Date('2026-06-01T12:00:00Z');
  readonly #schema: GraphQLSchema;

  constructor() {
    const schema = buildSchemaSync({
      resolvers: [
        InstitutionResolver,
        CustodianResolver,
        MemberResolver,
        PatientResolver,
        EncounterResolver,
        EnrolmentResolver,
        PatientLinkResolver,
        LinkedPatientResolver,
        BatchReceiptResolver,
        retractResolver({}),
      ],
      validate: false,
    });
    this.#schema = shieldSchema(schema, {
      existenceOf: (name) => KINDS.find((kind) => kind.name === name)?.existence ?? 'DIRECTORY',
    });
  }

  member(institution: string | null, roles: Role[], facts: Partial<Member> = {}): Member {
    const base = { state: false, licensed: true, patient: null, authority: [] };
    return { id: uuid(), institution, roles: new Set(roles), ...base, ...facts };
  }

  async ask(caller: Caller, source: string, input?: object): Promise<Answer> {
    const variableValues = input === undefined ? {} : { input: { requestId: uuid(), ...input } };
    const answer = await graphql({
      schema: this.#schema,
      source,
      variableValues,
      contextValue: this.context(caller),
    });
    return {
      data: answer.data ?? {},
      errors: (answer.errors ?? []).map((error) => {
        // graphql-js leaves an error that has a `path` of its own as it is.
        const thrown: unknown = error instanceof VitrineError ? error : error.originalError;
        return {
          path: (error.path ?? []).join('.'),
          message: error.message,
          extensions: thrown instanceof VitrineError ? extensionsOf(thrown) : error.extensions,
        };
      }),
    };
  }

  context(caller: Caller): RequestContext {
    const records = this.#reader(caller);
    return {
      caller,
      records,
      uploads: {
        submit: (request: never, build: never) => this.#submit(caller, records, request, build),
        denied: () => Promise.resolve(),
      },
      // Lookups are charged on the real base.
      viewing: { requireTries: () => undefined, tried: () => Promise.resolve() },
      reads: { note: () => undefined, settle: () => Promise.resolve() },
      log: { trusted: { key: () => undefined } },
      clock: () => new Date(this.now),
      requestLog: {
        debug: () => {},
        info: () => {},
        warn: () => {},
        error: () => {},
      },
    } as unknown as RequestContext;
  }

  #reader(caller: Caller): RecordReader {
    const relate = async <V extends object>(
      kind: RecordKind<V>,
      list: readonly Unrelated<V>[],
    ): Promise<Loaded<V>[]> => {
      const relations = await kind.relations(caller, list, {
        now: () => this.now,
        treated: this.#treated,
        viewed: () => Promise.resolve(new Map<string, never[]>()),
        keepers: (patients) =>
          Promise.resolve(
            new Map(patients.map((id) => [id, this.records.get(id)?.head.custodian ?? ''] as const)),
          ),
        linked: (patients) => groupsOf(patients, (patient) => Promise.resolve(this.#linksOf(patient))),
        consents: (patients) => Promise.resolve(new Map(patients.map((patient) => [patient, []]))),
      });
      return list.map((record, place) => ({ ...record, relations: relations[place] ?? new Set() }));
    };
    const of = <V extends object>(kind: RecordKind<V>) =>
      [...this.records.values()].filter((record) => record.kind === kind.name) as unknown as Unrelated<V>[];
    const load = async <V extends object>(kind: RecordKind<V>, id: string) =>
      (
        await relate(
          kind,
          of(kind).filter(({ head }) => head.id === id),
        )
      )[0] ?? null;
    const byKey = async <V extends object>(kind: RecordKind<V>, scope: string, value: string) => {
      const holds = of(kind).find(({ values, head }) =>
        kind.uniqueKeys?.(values, head).some((key) => key.scope === scope && key.value === value),
      );
      return holds === undefined ? null : load(kind, holds.head.id);
    };
    return {
      load,
      loadMany: (kind, ids) => Promise.all(ids.map((id) => load(kind, id))),
      byKey,
      fact: load,
      factByKey: byKey,
      find: async (kind, query) => {
        const found = await relate(
          kind,
          of(kind).filter((record) => matches(kind, record, query)),
        );
        const order = query.order;
        if (order !== undefined)
          found.sort((a, b) => compare(kind, a, b, order.column) * (order.direction === 'ASC' ? 1 : -1));
        const start =
          query.after === undefined || query.after === null
            ? 0
            : found.findIndex(({ head }) => head.id === query.after) + 1;
        const page = found.slice(start, start + query.first);
        return {
          edges: page.map((record) => ({ cursor: record.head.id, record })),
          hasNextPage: found.length > start + query.first,
          hasPreviousPage: start > 0,
        };
      },
      complete: (kind, column, thread) => {
        const where: Condition[] = [listedOn(column, thread)];
        return relate(
          kind,
          of(kind).filter((record) => matches(kind, record, { where, first: 1000 })),
        );
      },
      // Nothing moves here.
      ofArrivals: () => Promise.resolve([]),
      whole: (kind, list, threads) => {
        const queries = threads.map((thread): Query => ({ where: [listedOn(list, thread)], first: 1000 }));
        return Promise.resolve(
          of(kind).filter((record) => queries.some((query) => matches(kind, record, query))),
        );
      },
      versions: () => Promise.resolve([]),
      relate,
      forget: () => {},
    };
  }

  #linksOf(patient: string): LinkFacts[] {
    return [...this.records.values()].flatMap((record) => {
      if (record.kind !== linkKind.name) return [];
      const values = record.values as LinkValues;
      return values.first === patient || values.second === patient ? [values] : [];
    });
  }

  readonly #treated = (
    patients: readonly string[],
    institution: string,
    except: (member: string) => boolean,
    since: string,
  ) =>
    Promise.resolve(
      new Set(
        [...this.records.values()].flatMap((record) => {
          if (record.kind !== 'Encounter' || record.head.custodian !== institution || except(record.actor))
            return [];
          const { patient, end, retracted } = record.values as EncounterValues;
          if (retracted) return [];
          return patients.includes(patient) && (end === null || end >= since) ? [patient] : [];
        }),
      ),
    );

  async #submit(
    caller: Caller,
    reader: RecordReader,
    request: { requestId: string; input: unknown; part?: number },
    build: (making: ReturnType<typeof makingOf>) => Promise<AnyChange[]>,
  ): Promise<object[]> {
    if (caller === null) throw new VitrineError('UNAUTHENTICATED', 'no token');
    const key = `${caller.id} ${request.requestId} ${request.part ?? 0}`;
    const input = JSON.stringify(request.input);
    const known = this.requests.get(key);
    if (known !== undefined && known.input !== input)
      throw new VitrineError('CONFLICT', 'reused', { path: ['input', 'requestId'] });
    if (known !== undefined) return known.accepted.map((one) => ({ ...one, repeated: true }));
    const changes = await build(makingOf([], () => new Date(this.now)));
    for (const change of changes) await this.#check(caller, reader, change);
    const accepted = changes.map((change, place) =>
      this.#commit(caller, change, request.requestId, (request.part ?? 0) + place),
    );
    this.requests.set(key, { input, accepted });
    return accepted;
  }

  async #check(caller: Member, reader: RecordReader, change: AnyChange): Promise<void> {
    const fresh = {
      kind: change.kind.name,
      head: change.head,
      values: change.values,
      anchor: anchor(this.now, 0n),
    };
    const [related] = await reader.relate(change.kind, [fresh]);
    requirePermitted({
      change,
      caller,
      relations: change.base?.relations ?? related?.relations ?? new Set(),
    });
    const values = change.kind.values.parse(change.values);
    const taken = await Promise.all(
      (change.kind.uniqueKeys?.(values, change.head) ?? []).map(async (claim) => ({
        claim,
        holder: await reader.byKey(change.kind, claim.scope, claim.value),
      })),
    );
    for (const { claim, holder } of taken) {
      if (holder === null || holder.head.id === change.head.id) continue;
      throw new VitrineError('CONFLICT', 'taken', {
        path: claim.path,
        details: { kind: holder.kind, id: holder.head.id },
      });
    }
  }

  #commit(caller: Member, change: AnyChange, request: string, part: number): object {
    const { head } = change;
    const index = BigInt(this.requests.size + this.records.size);
    const values = change.kind.values.parse(change.values);
    this.records.set(head.id, {
      kind: head.kind,
      head,
      values,
      anchor: { ...anchor(this.now, index), actor: caller.id },
      actor: caller.id,
    });
    return {
      request,
      part,
      index,
      block: index,
      kind: head.kind,
      id: head.id,
      version: head.version,
      repeated: false,
    };
  }
}

function anchor(now: Date, index: bigint) {
  return { index, block: index, time: now.toISOString(), leafHash: new Uint8Array(32), actor: '' };
}

function columnOf<V extends object>(kind: RecordKind<V>, record: Unrelated<V>, column: string): unknown {
  if (column === 'id' || column === 'custodian' || column === 'version') return record.head[column];
  if (column === 'entry') return record.anchor.index;
  return kind.columns[column]?.of(record.values, record.head);
}

function matches<V extends object>(kind: RecordKind<V>, record: Unrelated<V>, query: Query): boolean {
  const words = kind.searchWords?.(record.values, record.head) ?? [];
  return (
    query.where.every((condition) => {
      const columns = condition.op === 'either' ? [condition.column, condition.or] : [condition.column];
      return columns.some((column) => holds(columnOf(kind, record, column) as string | null, condition));
    }) &&
    (query.words ?? []).every((wanted) =>
      words.some(({ scope, value }) => scope === wanted.scope && value === wanted.value),
    )
  );
}

function holds(value: string | null, condition: Condition): boolean {
  if (condition.op === 'isNull') return (value === null) === condition.value;
  if (condition.op === 'in') return value !== null && condition.value.includes(value);
  const other = condition.value as string;
  if (condition.op === 'eq' || condition.op === 'either') return value === other;
  if (value === null) return false;
  return { gte: value >= other, gt: value > other, lte: value <= other, lt: value < other }[condition.op];
}

function compare<V extends object>(
  kind: RecordKind<V>,
  a: Unrelated<V>,
  b: Unrelated<V>,
  column: string,
): number {
  const [x, y] = [columnOf(kind, a, column) as string, columnOf(kind, b, column) as string];
  return x < y ? -1 : x > y ? 1 : 0;
}
