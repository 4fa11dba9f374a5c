/** What the shield costs a field: one list of 100 objects with 10 fields each, executed with it and without. */
import {
  execute,
  GraphQLInt,
  GraphQLList,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  parse,
} from 'graphql';
import { shieldSchema } from '../../src/access/index.js';
import { ACCESS_EXTENSION, RELATED, type FieldAccess } from '../../src/api/index.js';
import type { FieldClass, Member, Relation } from '../../src/records/index.js';
import { inTurn, row } from './measure.js';

const OBJECTS = 100;
const CLASSES: readonly FieldClass[] = ['DIRECTORY', 'IDENTITY', 'ADMINISTRATIVE', 'CLINICAL', 'CRITICAL'];
const FIELDS = Array.from({ length: 10 }, (_, at) => `field${at}`);

const marked = (fieldClass: FieldClass) => ({
  extensions: { [ACCESS_EXTENSION]: { class: fieldClass } satisfies FieldAccess },
});

function schemaOf(): GraphQLSchema {
  const thing = new GraphQLObjectType({
    name: 'Thing',
    fields: Object.fromEntries(
      FIELDS.map((name, at) => [
        name,
        {
          type: at === 0 ? GraphQLInt : GraphQLString,
          ...marked(CLASSES[at % CLASSES.length] ?? 'CLINICAL'),
        },
      ]),
    ),
  });
  const things = { type: new GraphQLList(thing), ...marked('STRUCTURE') };
  return new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields: { things } }) });
}

const RELATIONS: ReadonlySet<Relation> = new Set<Relation>(['CUSTODIAN', 'TREATING']);
const THING = {
  ...Object.fromEntries(FIELDS.map((name, at) => [name, at === 0 ? 1 : `value of ${name}`])),
  [RELATED]: { relations: RELATIONS, kind: 'Thing' },
};

export async function shieldCost(rounds: number): Promise<void> {
  const caller: Member = {
    id: '01890a5d-ac96-774b-bcce-b302099a8057',
    institution: '01890a5d-ac96-774b-bcce-b302099a8058',
    roles: new Set(['CLINICIAN']),
    state: false,
    licensed: true,
    patient: null,
    authority: [],
  };
  const document = parse(`{ things { ${FIELDS.join(' ')} } }`);
  const rootValue = { things: Array.from({ length: OBJECTS }, () => THING) };
  const runWith = (schema: GraphQLSchema) => async (): Promise<void> => {
    const { errors } = await execute({ schema, document, rootValue, contextValue: { caller } });
    if (errors !== undefined) throw errors[0] ?? new Error('refused');
  };
  const shielded = runWith(shieldSchema(schemaOf(), { existenceOf: () => 'DIRECTORY' }));
  const bare = runWith(schemaOf());
  await inTurn(10, shielded, bare);
  const [one, base] = await inTurn(rounds, shielded, bare);
  const each = ((one - base) * 1000) / (OBJECTS * FIELDS.length);
  const what = `shield, ${OBJECTS} x ${FIELDS.length} fields`;
  row(
    what,
    `${one.toFixed(1)} ms, ${each.toFixed(1)} µs a field`,
    `without ${base.toFixed(1)} ms`,
    one / base,
  );
}
