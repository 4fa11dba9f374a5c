/** Licences: what an institution may do, and whether it may today. */
import { z } from 'zod';
import { day, maybe, text } from '../documents/index.js';
import { LICENSED_WORK } from './work.js';

/** What the state decides; EXPIRED follows from the calendar and is never stored. */
export const LICENCE_DECISIONS = ['ACTIVE', 'SUSPENDED', 'REVOKED'] as const;

export const LICENCE_STATES = [...LICENCE_DECISIONS, 'EXPIRED'] as const;

export type LicenceState = (typeof LICENCE_STATES)[number];

export const licence = z
  .object({
    number: text(64),
    state: z.enum(LICENCE_DECISIONS).default('ACTIVE'),
    /** First day it is valid; null: from its granting on. */
    validFrom: maybe(day),
    /** Last day it is valid; null: without end. */
    validUntil: maybe(day),
    /** Kinds of work it allows; left out: all that there are, each by its name, so that one which is added later isn't among them. */
    work: z
      .array(z.enum(LICENSED_WORK), 'expected a list')
      .nullish()
      .transform((work) => LICENSED_WORK.filter((kind) => (work ?? LICENSED_WORK).includes(kind))),
    /** What else the regulator says of it; nothing is decided by it. */
    remark: maybe(text(500)),
  })
  .refine(
    (value) => value.validFrom === null || value.validUntil === null || value.validFrom <= value.validUntil,
    { path: ['validUntil'], message: 'expected the end not before the beginning' },
  );

export type Licence = z.output<typeof licence>;

/**
 * The state of a licence on a day: what was decided, or EXPIRED once its last day has passed.
 * @param today ISO date
 */
export function licenceState(value: Licence, today: string): LicenceState {
  const expired = value.validUntil !== null && value.validUntil < today;
  return value.state === 'ACTIVE' && expired ? 'EXPIRED' : value.state;
}

/** Whether the licence lets its holder work on a day: active, begun and not expired. */
export function licenceActive(value: Licence, today: string): boolean {
  const begun = value.validFrom === null || value.validFrom <= today;
  return begun && licenceState(value, today) === 'ACTIVE';
}
