/** Changes that a policy may hold up, as a service would submit them: programmes, in whatever situation a test wants. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { programmeKind, type ProgrammeValues } from '../../../src/finance/index.js';
import { VitrineError } from '../../../src/ledger/core/index.js';
import type { PendingEntry } from '../../../src/ledger/index.js';
import type { OpenSystem } from '../../../src/server/index.js';
import { creation, firstHead, type UploadValues, uploadKind } from '../../../src/uploads/index.js';
import type { State } from '../../support/state.js';

/** A situation that by default another regulator must approve. */
export const SITUATION = 'report.amend.late';

export interface Wish {
  readonly requestId: string;
  readonly code: string;
  readonly by?: string;
  readonly title?: string;
  readonly situation?: string;
  readonly at?: OpenSystem;
  /** Runs whenever the change is made: for the first look, and again for what is asked for or loaded. */
  readonly onMade?: (time: number) => Promise<unknown>;
}

/** Submits a programme in a situation, as its service would. */
export async function submit(
  state: State,
  { requestId, code, by = 'regulator.one', title = 'Waits', situation = SITUATION, at, onMade }: Wish,
) {
  const context = await state.context(by, at);
  let times = 0;
  return context.uploads.submit({ requestId, input: { code, title } }, async (making) => {
    await onMade?.((times += 1));
    const values: ProgrammeValues = {
      code,
      title,
      currency: 'EUR',
      budget: '100',
      // A value that holds the moment of the asking.
      validFrom: making.moment().toISOString().slice(0, 10),
      validUntil: null,
    };
    const permission = { roles: ['REGULATOR'], relations: ['STATE'] } as const;
    const head = firstHead(programmeKind, making.id(), { custodian: context.caller?.institution ?? null });
    const terms = { op: 'programme.create', permission, licensed: false, situation };
    return [creation(programmeKind, head, values, terms)];
  });
}

/** The refusal of what must be refused. */
export async function refused(work: Promise<unknown>): Promise<VitrineError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof VitrineError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

/** Asks for a programme; its request's id, and how it is sent again. */
export async function asked(state: State, code: string, more: Partial<Wish> = {}) {
  const wish = { requestId: randomUUID(), code, ...more };
  const error = await refused(submit(state, wish));
  expect(error.code).toBe('ENDORSEMENT_PENDING');
  return { id: String(error.details['upload']), wish, error };
}

/** A request's values as the log has them. */
export async function valuesOf(state: State, id: string): Promise<UploadValues> {
  await state.system.ledger.sync();
  const found = (await state.system.system.store.load(uploadKind, [id])).get(id);
  if (found === null || found === undefined || found instanceof VitrineError)
    throw found ?? new Error('none');
  return found.values as UploadValues;
}

/**
 * Lets something be committed between the check and the commit of the next entry of an operation: the commit itself is the
 * real one.
 */
export function beforeCommit({ ledger }: OpenSystem, op: string, first: () => Promise<unknown>): void {
  const append = ledger.append.bind(ledger);
  ledger.append = async (group: readonly PendingEntry[]) => {
    if (!group.some((entry) => entry.op === op)) return append(group);
    ledger.append = append;
    await first();
    return append(group);
  };
}
