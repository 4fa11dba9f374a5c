/**
 * How many different patients a member, and its institution together, may look up or open, by role: one table to be read by
 * people. `schema/access.md` prints it. A member with several roles has the largest of each.
 */
import { ROLES, type Role } from '../records/index.js';

/**
 * What is counted. LISTED: a patient that was asked for by identifier, found or not. OPENED: a view of a patient. EMERGENCY:
 * a view without evidence; counted apart, so that an emergency never waits for what was opened before.
 */
export const BUDGET_ACTS = ['LISTED', 'OPENED', 'EMERGENCY'] as const;

export type BudgetAct = (typeof BUDGET_ACTS)[number];

/** Whose allowance it is. */
export const BUDGET_HOLDERS = ['MEMBER', 'INSTITUTION'] as const;

export type BudgetHolder = (typeof BUDGET_HOLDERS)[number];

/** Windows of time, counted in UTC. */
export const BUDGET_SECONDS = { HOUR: 3600, DAY: 86_400 } as const;

export type BudgetWindow = keyof typeof BUDGET_SECONDS;

/** Different patients: a member's by hour and day, its institution's by hour and day. */
type Row = readonly [number, number, number, number];

// prettier-ignore
export const BUDGETS: Readonly<Partial<Record<Role, Readonly<Partial<Record<BudgetAct, Row>>>>>> = {
  //                       member h   d  institution h    d
  CLINICIAN: { LISTED:    [ 60, 300,     1000, 10_000],
               OPENED:    [ 30, 120,      500,  4000],
               EMERGENCY: [  5,  15,       40,   150] },
  REGISTRAR: { LISTED:    [200, 1500,    2000, 15_000],
               OPENED:    [ 60, 300,      500,  4000] },
  FINANCE:   { OPENED:    [ 60, 300,      500,  4000] },
  AUDITOR:   { OPENED:    [ 20, 100,       60,   300] },
};

/** One line of the table, as the recorded policy has it. */
export interface BudgetRow {
  readonly role: Role;
  readonly act: BudgetAct;
  readonly memberHour: number;
  readonly memberDay: number;
  readonly institutionHour: number;
  readonly institutionDay: number;
}

/** The table line by line: what holds where no policy was recorded. */
export const BUDGET_ROWS: readonly BudgetRow[] = ROLES.flatMap((role) =>
  BUDGET_ACTS.flatMap((act) => {
    const row = BUDGETS[role]?.[act];
    if (row === undefined) return [];
    const [memberHour, memberDay, institutionHour, institutionDay] = row;
    return [{ role, act, memberHour, memberDay, institutionHour, institutionDay }];
  }),
);

/** One bound: so many of an act in a window. */
export interface Budget {
  readonly act: BudgetAct;
  readonly holder: BudgetHolder;
  readonly window: BudgetWindow;
  readonly most: number;
}

type Place = Exclude<keyof BudgetRow, 'role' | 'act'>;

const PLACES: readonly (readonly [BudgetHolder, BudgetWindow, Place])[] = [
  ['MEMBER', 'HOUR', 'memberHour'],
  ['MEMBER', 'DAY', 'memberDay'],
  ['INSTITUTION', 'HOUR', 'institutionHour'],
  ['INSTITUTION', 'DAY', 'institutionDay'],
];

/**
 * The bounds that hold for someone with these roles: the one place that is asked for them.
 * @param table as it is in force
 */
export function budgetsOf(roles: ReadonlySet<Role>, table: readonly BudgetRow[]): readonly Budget[] {
  const own = table.filter(({ role }) => roles.has(role));
  return BUDGET_ACTS.flatMap((act) => {
    const rows = own.filter((row) => row.act === act);
    if (rows.length === 0) return [];
    return PLACES.map(([holder, window, place]) => ({
      act,
      holder,
      window,
      most: Math.max(...rows.map((row) => row[place])),
    }));
  });
}
