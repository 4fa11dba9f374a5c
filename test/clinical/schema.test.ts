import 'reflect-metadata';
import { GraphQLObjectType, isInputObjectType, isObjectType, printSchema, type GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { outputFields, requireClassified } from '../../src/access/index.js';
import {
  EncounterResolver,
  EnrolmentResolver,
  encounterKind,
  patientKind,
  PatientResolver,
  retractResolver,
} from '../../src/clinical/index.js';
import { CustodianResolver, InstitutionResolver, MemberResolver } from '../../src/registry/index.js';
import { institutionKind, memberKind } from '../../src/standing/index.js';

let schema: GraphQLSchema;

beforeAll(() => {
  schema = buildSchemaSync({
    resolvers: [
      InstitutionResolver,
      CustodianResolver,
      MemberResolver,
      PatientResolver,
      EncounterResolver,
      EnrolmentResolver,
      retractResolver({}),
    ],
    validate: false,
  });
});

describe('the schema of registry and clinical', () => {
  it('carries a class on every field', () => {
    expect(() => requireClassified(schema)).not.toThrow();
    expect(outputFields(schema).length).toBeGreaterThan(100);
  });

  it('describes every type, field and input field', () => {
    const bare = Object.values(schema.getTypeMap()).flatMap((type) => {
      if (type.name.startsWith('__') || !(isObjectType(type) || isInputObjectType(type))) return [];
      const root = type instanceof GraphQLObjectType && ['Query', 'Mutation'].includes(type.name);
      const fields = Object.values(type.getFields()).filter(({ description }) => !description);
      return [
        ...(type.description || root ? [] : [type.name]),
        ...fields.map(({ name }) => `${type.name}.${name}`),
      ];
    });
    expect(bare).toEqual([]);
  });

  it('gives every sealed field the class that its kind declares', () => {
    const getters: Record<string, string> = { keyThumbprint: 'publicKey' };
    for (const kind of [institutionKind, memberKind, patientKind, encounterKind]) {
      const type = schema.getType(kind.name) as GraphQLObjectType;
      const classes = kind.fields as Readonly<Record<string, string>>;
      for (const field of Object.values(type.getFields())) {
        const declared = classes[getters[field.name] ?? field.name];
        if (declared === undefined) continue;
        expect(`${field.name} ${(field.extensions['access'] as { class: string }).class}`).toBe(
          `${field.name} ${declared}`,
        );
      }
      const missing = Object.keys(classes).filter(
        (name) => type.getFields()[name] === undefined && !Object.values(getters).includes(name),
      );
      expect(missing).toEqual([]);
    }
  });

  it('emits no type that is only a base class', () => {
    expect(printSchema(schema)).not.toMatch(/(PatientFacts|EncounterFacts)/);
  });
});
