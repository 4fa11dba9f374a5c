/**
 * The tables of access as plain data: what is written on the log, so that an auditor can tell which tables decided at a
 * time, and what code of another release is held against.
 */
import { z } from 'zod';
import { canonical } from '../ledger/core/index.js';
import { ROLES } from '../records/index.js';
import {
  MATRIX,
  MATRIX_RELATIONS,
  OPEN_CLASSES,
  PURPOSE_CLASSES,
  ROLE_CLASSES,
  WRITING_ROLES,
} from './matrix.js';

/** Names are texts: another release may know others. */
const names = z.array(z.string().max(100)).max(100);

export const accessRules = z.strictObject({
  /** The level of a class through a relation; NONE is left out. */
  matrix: z.record(z.string().max(100), z.record(z.string().max(100), z.enum(['VIEW', 'COPY']))),
  /** Classes that each role carries. */
  roles: z.record(z.string().max(100), names),
  /** Roles that carry LEDGER of what the member wrote. */
  writing: names,
  /** Classes that each purpose of a view shows. */
  purposes: z.record(z.string().max(100), names),
  /** Classes that everyone may copy, signed in or not. */
  open: names,
});

export type AccessRules = z.output<typeof accessRules>;

function matrixInCode(): AccessRules['matrix'] {
  return Object.fromEntries(
    Object.entries(MATRIX).map(([fieldClass, row]) => [
      fieldClass,
      Object.fromEntries(
        MATRIX_RELATIONS.flatMap((relation, place) => {
          const level = row[place];
          return level === 'VIEW' || level === 'COPY' ? [[relation, level]] : [];
        }),
      ),
    ]),
  );
}

const listed = (table: Readonly<Record<string, readonly string[]>>) =>
  Object.fromEntries(Object.entries(table).map(([name, classes]) => [name, [...classes].sort()]));

/** The tables that this release decides with. */
export const RULES_IN_CODE: AccessRules = {
  matrix: matrixInCode(),
  roles: listed(ROLE_CLASSES),
  writing: ROLES.filter((role) => WRITING_ROLES.has(role)),
  purposes: listed(PURPOSE_CLASSES),
  open: [...OPEN_CLASSES].sort(),
};

/** One text a set of tables. */
export function rulesText(rules: AccessRules): string {
  return new TextDecoder().decode(canonical(rules));
}

/** Reads tables from their text; null where it is none. */
export function parseRules(text: string): AccessRules | null {
  try {
    const parsed = accessRules.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Where `rules` give more than `bound` does, in words; empty when they are nowhere wider. */
export function widerThan(rules: AccessRules, bound: AccessRules): readonly string[] {
  const cells = Object.entries(rules.matrix).flatMap(([fieldClass, row]) =>
    Object.entries(row).flatMap(([relation, level]) => {
      const most = bound.matrix[fieldClass]?.[relation];
      return most === 'COPY' || most === level ? [] : [`${fieldClass} ${relation} ${level}`];
    }),
  );
  return [
    ...cells,
    ...moreOf('role', rules.roles, bound.roles),
    ...moreOf('purpose', rules.purposes, bound.purposes),
    ...moreIn('writing', rules.writing, bound.writing),
    ...moreIn('open', rules.open, bound.open),
  ];
}

function moreOf(what: string, lists: Record<string, string[]>, bound: Record<string, string[]>): string[] {
  return Object.entries(lists).flatMap(([name, list]) => moreIn(`${what} ${name}`, list, bound[name] ?? []));
}

function moreIn(what: string, list: readonly string[], bound: readonly string[]): string[] {
  return list.filter((name) => !bound.includes(name)).map((name) => `${what} ${name}`);
}
