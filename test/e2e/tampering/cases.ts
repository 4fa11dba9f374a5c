/** How a case of the tampering table is held against a running server and against `vitrine verify`. */
import { expect } from 'vitest';
import { alarms, describeFindings, type Keeping, verify, withNulls } from '../../support/tampering.js';
import type { Answer } from '../../support/vitrine.js';
import type { Question, World } from './world.js';

/** What a finding must say, each as part of its text. */
export interface Expected {
  readonly what: string;
  readonly where: string;
  /** The entry since which, where one is known. */
  readonly entry?: string;
}

export interface Case {
  readonly name: string;
  /** SQL of whoever holds the database. */
  readonly forge: (world: World) => readonly string[] | Promise<readonly string[]>;
  /** A read that meets it: the wrong thing is null with INTEGRITY_VIOLATION, the rest of the answer stands. */
  readonly asked?: (world: World) => Question;
  /** What the answer may not hold. */
  readonly lie?: (world: World) => string;
  readonly finding: (world: World) => Expected | Promise<Expected>;
}

export function ask<T>({ vitrine }: World, { as, query, variables }: Question): Promise<Answer<T>> {
  return vitrine.ask<T>(as, query, variables);
}

/** Tampers, looks, and puts everything back. */
export async function forged(
  { vitrine }: World,
  keeping: Keeping,
  statements: readonly string[],
  look: () => Promise<void>,
): Promise<void> {
  try {
    await vitrine.tamper(...statements);
    await look();
  } finally {
    await keeping.undo();
  }
}

/** Runs one case. */
export async function hold(world: World, keeping: Keeping, one: Case): Promise<void> {
  const question = one.asked?.(world);
  const before = question === undefined ? null : await ask(world, question);
  expect(before?.errors ?? []).toEqual([]);
  const raised = await alarms(world.vitrine);
  // Expectations are read first: some come from the rows that are about to change.
  const expected = await one.finding(world);
  await forged(world, keeping, await one.forge(world), async () => {
    if (question !== undefined) {
      const after = await ask(world, question);
      expect(new Set(after.codes), after.text).toEqual(new Set(['INTEGRITY_VIOLATION']));
      expect(after.data).toEqual(withNulls(before?.data, after));
      expect(after.data).not.toBeNull();
      expect(after.data).not.toEqual(before?.data);
      if (one.lie !== undefined) expect(after.text).not.toContain(one.lie(world));
      expect(await alarms(world.vitrine)).toBeGreaterThan(raised);
    }
    await requireFound(world, expected);
  });
}

/** `vitrine verify` names it. */
export async function requireFound({ vitrine }: World, expected: Expected): Promise<void> {
  const { findings } = await verify(vitrine);
  const found = findings.filter(
    ({ what, where, entry }) =>
      what.includes(expected.what) &&
      where.includes(expected.where) &&
      (expected.entry === undefined || entry === expected.entry),
  );
  expect(found.length, `${JSON.stringify(expected)} among:\n${describeFindings(findings)}`).toBeGreaterThan(
    0,
  );
}
