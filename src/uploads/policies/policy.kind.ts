/** The record kind Policy: what must be approved by whom in one situation, in place of the default. Public. */
import { z } from 'zod';
import { ROLES, type Caller, type RecordKind, type Relation } from '../../records/index.js';
import { list, maybe, text, uuid, whole } from '../../standing/index.js';
import { namedId } from '../../documents/index.js';
import { POLICY_RULES, type Requirement } from './requirement.js';

/** Members or institutions that a policy may ask for, at most. */
const MOST_APPROVALS = 16;
/** Institutions that it may choose from, at most. */
const MOST_INSTITUTIONS = 64;
/** A statement lives for 31 days, and somebody must still load it after the wait. */
const LONGEST_WAIT_SECONDS = 28 * 86_400;

/** Roles that nobody approves with: a patient acts for itself, an auditor has no part in what it audits. */
const SILENT_ROLES = ['PATIENT', 'AUDITOR'];

const shape = z.object({
  /** What it is about; fixed by the record's id. */
  situation: text(100),
  rule: z.enum(POLICY_RULES),
  role: maybe(z.enum(ROLES).refine((role) => !SILENT_ROLES.includes(role), 'expected a role that approves')),
  institutions: list(uuid, MOST_INSTITUTIONS).overwrite((ids) => [...ids].sort()),
  person: maybe(uuid),
  count: whole(0, MOST_APPROVALS),
  waitSeconds: whole(0, LONGEST_WAIT_SECONDS),
  ownCounts: z.boolean(),
  /** Why it is so. */
  reason: text(500),
});

export type PolicyValues = z.output<typeof shape>;

type Problem = readonly [field: keyof PolicyValues, message: string];

/** What of a policy contradicts its rule; a policy that could mean two things is none. */
function problemsOf(values: PolicyValues): readonly Problem[] {
  const { rule, institutions } = values;
  const problems: Problem[] = [];
  const need = (holds: boolean, field: keyof PolicyValues, message: string) => {
    if (!holds) problems.push([field, message]);
  };
  need(new Set(institutions).size === institutions.length, 'institutions', 'expected each institution once');
  need(
    rule === 'ROLE' ? values.role !== null : rule === 'INSTITUTIONS' || values.role === null,
    'role',
    rule === 'ROLE' ? 'expected the role that approves' : `expected no role with the rule ${rule}`,
  );
  need(
    (values.person !== null) === (rule === 'PERSON'),
    'person',
    rule === 'PERSON' ? 'expected the member who approves' : `expected no person with the rule ${rule}`,
  );
  if (rule === 'INSTITUTIONS') {
    need(institutions.length > 0, 'institutions', 'expected the institutions that approve');
    const most = institutions.length;
    need(values.count <= most, 'count', `expected at most ${most}, the number of institutions`);
  } else need(rule === 'ROLE' || institutions.length === 0, 'institutions', `expected none with ${rule}`);
  const count = rule === 'AUTOMATIC' ? 0 : rule === 'PERSON' ? 1 : null;
  need(
    count === null ? values.count > 0 : values.count === count,
    'count',
    `expected ${count ?? '1 or more'}`,
  );
  if (rule === 'AUTOMATIC') {
    need(values.waitSeconds === 0, 'waitSeconds', 'expected no wait where nobody decides');
    need(!values.ownCounts, 'ownCounts', 'expected no approval of one’s own where nobody approves');
  }
  return problems;
}

/** Checks values and brings them into their one form. */
export const policyValues: z.ZodType<PolicyValues> = shape.superRefine((values, context) => {
  for (const [field, message] of problemsOf(values))
    context.addIssue({ code: 'custom', path: [field], message });
});

const POLICY = 'Policy';

/** The id of a situation's policy: it follows from the situation, so that the log itself tells whether there is one. */
export function policyIdOf(situation: string): string {
  return namedId('vitrine/policy/v1', situation);
}

/** What a policy asks for, with the place of its entry. */
export function requirementFrom(values: PolicyValues, entry: bigint): Requirement {
  const { reason: _, ...terms } = values;
  return { ...terms, policy: entry.toString() };
}

/** Who somebody is to what the state decides and everyone reads. */
export function relationsToPolicy(caller: Caller, custodian: string | null): ReadonlySet<Relation> {
  const relations = new Set<Relation>();
  if (caller === null) return relations;
  if (caller.state) relations.add('STATE');
  if (caller.roles.has('AUDITOR')) relations.add('AUDITOR');
  if (caller.institution !== null && caller.licensed) relations.add('MEMBER');
  if (caller.state && caller.institution === custodian) relations.add('CUSTODIAN');
  return relations;
}

export const policyKind: RecordKind<PolicyValues> = {
  name: POLICY,
  noun: 'policy',
  schema: 1,
  named: true,
  existence: 'PUBLIC',
  table: 'policy',
  fields: {
    situation: 'PUBLIC',
    rule: 'PUBLIC',
    role: 'PUBLIC',
    institutions: 'PUBLIC',
    person: 'PUBLIC',
    count: 'PUBLIC',
    waitSeconds: 'PUBLIC',
    ownCounts: 'PUBLIC',
    reason: 'PUBLIC',
  },
  values: policyValues,
  columns: {
    situation: { type: 'text', class: 'PUBLIC', of: (policy) => policy.situation },
  },
  threads: (_policy, head) => [head.id],
  relations: (caller, records) =>
    Promise.resolve(records.map(({ head }) => relationsToPolicy(caller, head.custodian))),
};
