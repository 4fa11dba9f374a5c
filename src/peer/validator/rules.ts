/**
 * An institution's rules for deciding on what others ask to upload: data in a file of its peer's (schema/uploads.md,
 * "Validators"). The first rule that names the situation decides.
 */
import { z } from 'zod';
import { VitrineError } from '../../ledger/core/index.js';
import { readTextIfThere } from '../durable.js';

const uuid = z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'expected a lower-case UUID');
/** A situation, or all of an operation or of a noun: `report.amend.late`, `report.amend.*`, `report.*`, `*`. */
const pattern = z
  .string()
  .regex(
    /^(?:\*|[a-z][A-Za-z]*(?:\.[a-z][A-Za-z]*)*(?:\.\*)?)$/,
    'expected a situation such as report.amend.late, or report.*, or *',
  );
const instead = z.enum(['person', 'refuse']).default('person');
const institutions = z.array(uuid).min(1, 'expected at least one institution').max(10_000);

const rule = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'expected a name of a-z, 0-9 and -, at most 40'),
    situations: z.array(pattern).min(1, 'expected at least one situation').max(200),
    decide: z.enum(['endorse', 'refuse', 'person']),
    onlyInstitutions: institutions.optional(),
    exceptInstitutions: institutions.optional(),
    modes: z
      .array(z.enum(['own', 'delegated', 'service']))
      .min(1)
      .optional(),
    perDay: z.int().min(1).max(1_000_000).optional(),
    maxAgeHours: z
      .number()
      .positive()
      .max(31 * 24)
      .optional(),
    unmet: instead,
    unverified: instead,
  })
  .superRefine((given, context) => {
    if (given.decide === 'endorse') return;
    for (const name of ['onlyInstitutions', 'exceptInstitutions', 'modes', 'perDay', 'maxAgeHours'] as const)
      if (given[name] !== undefined)
        context.addIssue({
          code: 'custom',
          path: [name],
          message: `expected it with "decide": "endorse" alone, got "${given.decide}"`,
        });
  });

const rules = z
  .strictObject({
    entry: z.enum(['cosigned', 'held']).default('cosigned'),
    rules: z.array(rule).max(200),
    otherwise: instead,
  })
  .superRefine(({ rules: all }, context) => {
    all.forEach(({ name }, place) => {
      if (name !== OTHERWISE && all.findIndex((other) => other.name === name) === place) return;
      const message = `expected a name of its own, got ${name} again`;
      context.addIssue({ code: 'custom', path: ['rules', place, 'name'], message });
    });
  });

/** How decisions are named that no rule made. */
export const OTHERWISE = 'otherwise';

/** An institution's rules. */
export type Rules = z.output<typeof rules>;
export type Rule = Rules['rules'][number];

/** The rules of their text. @throws VitrineError NOT_CONFIGURED with every problem and its path */
export function parseRules(text: string, where: string): Rules {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new VitrineError('NOT_CONFIGURED', `${where} is no JSON`, { cause });
  }
  const read = rules.safeParse(json);
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ path, message }) => `${where}: ${pathOf(path)}: ${message}`);
  throw new VitrineError('NOT_CONFIGURED', problems.join('\n'));
}

/** @throws VitrineError NOT_CONFIGURED when there are none, or with every problem and its path */
export async function readRules(path: string): Promise<Rules> {
  const text = await readTextIfThere(path);
  if (text !== undefined) return parseRules(text, path);
  throw new VitrineError(
    'NOT_CONFIGURED',
    `the validator's rules ${path} are missing: {"rules": [], "otherwise": "person"} decides nothing by itself`,
  );
}

/** The first rule for a situation. */
export function ruleFor({ rules: all }: Rules, situation: string): Rule | undefined {
  return all.find(({ situations }) => situations.some((one) => matches(one, situation)));
}

function matches(one: string, situation: string): boolean {
  if (!one.endsWith('*')) return one === situation;
  const stem = one.slice(0, -2);
  return stem === '' || situation === stem || situation.startsWith(`${stem}.`);
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '(whole file)' : path.map(String).join('.');
}
