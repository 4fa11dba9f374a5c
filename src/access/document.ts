/** The tables of `schema/access.md`, printed from the code between the markers of its prose. */
import { FIELD_CLASSES, RELATIONS, ROLES } from '../records/index.js';
import type { FieldClass, Relation } from '../records/index.js';
import { BUDGET_ACTS, BUDGETS } from './budgets.js';
import { cell } from './levels.js';
import {
  MATRIX,
  OPEN_CLASSES,
  PURPOSE_CLASSES,
  ROLE_CLASSES,
  WRITING_ROLES,
  type GuardedClass,
} from './matrix.js';
import { THRESHOLDS } from './thresholds.js';

/** What a cell needs said beside its level. */
const NOTES: Readonly<Record<string, string>> = {
  'OPINION CUSTODIAN': ' (without the patient)',
  'DIRECTORY MEMBER': ' (reporting, finance, registry)',
  'LEDGER STATE': ' (reporting, finance, registry)',
  'LEDGER MEMBER': ' (reporting, finance, registry)',
};

const TABLES: Readonly<Record<string, () => string>> = {
  matrix: matrixTable,
  roles: rolesTable,
  purposes: purposesTable,
  budgets: budgetsTable,
  thresholds: thresholdsTable,
};

/**
 * The document with its tables as the code has them.
 *
 * @param text of the document, whose tables stand between `<!-- table: name -->` and `<!-- end -->`.
 * @throws Error when a table's markers are missing.
 */
export function accessDocument(text: string): string {
  return Object.entries(TABLES).reduce((document, [name, print]) => {
    const region = new RegExp(`(<!-- table: ${name} -->\n)[\\s\\S]*?(\n<!-- end -->)`);
    if (!region.test(document)) throw new Error(`schema/access.md has no place for the table ${name}`);
    return document.replace(region, (_all, begin: string, end: string) => `${begin}\n${print()}\n${end}`);
  }, text);
}

function budgetsTable(): string {
  const rows = ROLES.flatMap((role) =>
    BUDGET_ACTS.flatMap((act) => {
      const row = BUDGETS[role]?.[act];
      return row === undefined ? [] : [[role, act, ...row.map(String)]];
    }),
  );
  const head = ['role', 'act', 'member, hour', 'member, day', 'institution, hour', 'institution, day'];
  return table(head, rows);
}

function thresholdsTable(): string {
  const rows = THRESHOLDS.map(({ rule, most, seconds }) => [rule, String(most), `${seconds / 3600} h`]);
  return table(['rule', 'usual up to', 'within'], rows);
}

function matrixTable(): string {
  const guarded = Object.keys(MATRIX) as GuardedClass[]; // the table's own keys
  return table(
    ['class', ...RELATIONS],
    [
      ...guarded.map((name) => [name, ...RELATIONS.map((relation) => cellText(name, relation))]),
      ...FIELD_CLASSES.filter((name) => OPEN_CLASSES.has(name)).map((name) => [
        name,
        ...RELATIONS.map(() => 'COPY'),
      ]),
    ],
  );
}

function cellText(fieldClass: GuardedClass, relation: Relation): string {
  const level = cell(fieldClass, relation);
  return level === 'NONE' ? '–' : `${level}${NOTES[`${fieldClass} ${relation}`] ?? ''}`;
}

function rolesTable(): string {
  return table(
    ['role', 'carries'],
    ROLES.map((role) => {
      const classes: readonly FieldClass[] = ROLE_CLASSES[role];
      const own = WRITING_ROLES.has(role) ? [...classes, 'LEDGER of what the member wrote'] : classes;
      if (role === 'PATIENT') return [role, 'every class, through the relation SELF alone'];
      return [role, own.length === 0 ? 'none of its own' : own.join(', ')];
    }),
  );
}

function purposesTable(): string {
  return table(
    ['purpose', 'shows'],
    Object.entries(PURPOSE_CLASSES).map(([purpose, classes]) => [
      purpose,
      purpose === 'COVERAGE' ? `the insurance number, ${classes.join(', ')}` : classes.join(', '),
    ]),
  );
}

/** Padded as the formatter would, so that printing anew changes nothing but cells. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text, at) => text.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
