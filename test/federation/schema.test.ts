import { existsSync, readFileSync, readdirSync } from 'node:fs';
import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import type { GraphQLField, GraphQLInputField } from 'graphql';
import { describe, expect, it } from 'vitest';
import { outputFields } from '../../src/access/index.js';
import * as audit from '../../src/audit/index.js';
import * as clinical from '../../src/clinical/index.js';
import {
  bareSchema,
  emittedSchemas,
  RECORD_TYPES,
  REFERENCES,
  RESOLVERS,
  servedSchema,
} from '../../src/federation/index.js';
import * as erasure from '../../src/erasure/index.js';
import * as finance from '../../src/finance/index.js';
import * as registry from '../../src/registry/index.js';
import * as reporting from '../../src/reporting/index.js';
import { readyQueries } from '../../src/web/index.js';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

describe('the schema', () => {
  it.each(Object.entries(emittedSchemas()))('stands in schema/%s as the code has it', (file, text) => {
    // When this fails: `npm run schema`, look at the difference, and commit it.
    expect(read(`schema/${file}`)).toBe(text);
  });

  it('carries a class on every field, `_entities` and `_service` included', () => {
    const bare = outputFields(servedSchema()).filter(({ access }) => access === undefined);
    expect(bare.map(({ name }) => name)).toEqual([]);
    expect(outputFields(servedSchema()).length).toBeGreaterThan(150);
  });

  it('holds every resolver that the domains export', () => {
    const exported = [audit, clinical, erasure, finance, registry, reporting].flatMap((domain) =>
      Object.entries(domain)
        .filter(([name]) => name.endsWith('Resolver') && name !== 'retractResolver')
        .map(([name]) => name),
    );
    const held = RESOLVERS.map(({ name }) => name);
    for (const name of exported) expect(held).toContain(name);
  });

  it('makes every record type an entity', () => {
    const records = Object.values(bareSchema().getTypeMap())
      .filter(isObjectType)
      .filter((type) => type.getInterfaces().some(({ name }) => name === 'Record'))
      .map(({ name }) => name);
    expect(records.sort()).toEqual([...REFERENCES.keys()].sort());
    expect(RECORD_TYPES.length).toBe(REFERENCES.size);
    const served = servedSchema();
    for (const name of records) {
      expect(served.getType('_Entity')?.toString()).toBe('_Entity');
      expect(emittedSchemas()['subgraphs/vitrine.graphql']).toMatch(
        new RegExp(`type ${name} [^{]*@key\\(fields: "id"\\)`),
      );
    }
  });

  it('describes every type, field, argument and enum value for its reader', () => {
    const undescribed: string[] = [];
    const need = (name: string, description: string | null | undefined): void =>
      void (description || undescribed.push(name));
    for (const type of Object.values(bareSchema().getTypeMap())) {
      if (type.name.startsWith('__')) continue;
      need(type.name, type.description);
      if (isEnumType(type))
        for (const { name, description } of type.getValues()) need(`${type.name}.${name}`, description);
      if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue;
      const fields: readonly (GraphQLField<unknown, unknown> | GraphQLInputField)[] = Object.values(
        type.getFields(),
      );
      for (const field of fields) {
        need(`${type.name}.${field.name}`, field.description);
        for (const { name, description } of 'args' in field ? field.args : [])
          need(`${type.name}.${field.name}(${name}:)`, description);
      }
    }
    expect(undescribed).toEqual([]);
  });
});

describe('the operations', () => {
  const schema = buildSchema(emittedSchemas()['vitrine.graphql']);

  it('of the playground are valid', async () => {
    for (const { name, query } of await readyQueries()) {
      const problems = validate(schema, parse(query)).map(({ message }) => `${name}: ${message}`);
      expect(problems).toEqual([]);
    }
  });

  it('of the client are valid', () => {
    const folder = new URL('schema/operations/', ROOT);
    if (!existsSync(folder)) return;
    const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
    const document = parse(files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n'));
    expect(validate(schema, document).map(({ message }) => message)).toEqual([]);
  });
});
