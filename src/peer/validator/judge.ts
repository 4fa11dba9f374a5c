/** What an institution's rules say of a proven request. Pure: the same request, rules, counts and moment, the same judgement. */
import { OTHERWISE, type Rule, ruleFor, type Rules } from './rules.js';
import type { ProvenUpload } from './proven.js';
import type { Finding } from './statement-checks.js';

export interface Judged {
  readonly decision: 'endorse' | 'refuse' | 'person';
  /** The rule that decided. */
  readonly rule: string;
  /** `<rule>: <check>`, or the rule alone; none with an endorsement. Said to everyone who may see the request. */
  readonly reasons: readonly string[];
  /** The same in words, for this peer's own log. */
  readonly why: readonly string[];
}

export interface JudgeBasis {
  readonly rules: Rules;
  readonly upload: ProvenUpload;
  /** What was found of its statements. */
  readonly findings: readonly Finding[];
  readonly now: Date;
  /** How many of an institution's requests a rule endorsed today (UTC). */
  readonly endorsedToday: (rule: string, institution: string | null) => number;
}

const HOUR_MS = 3_600_000;
/** The API takes no more. */
const MOST_REASONS = 16;

/** The judgement. */
export function judge(basis: JudgeBasis): Judged {
  const { rules, upload, findings } = basis;
  const rule = ruleFor(rules, upload.situation);
  if (rule === undefined) return decided(rules.otherwise, OTHERWISE, []);
  if (rule.decide !== 'endorse') return decided(rule.decide, rule.name, []);
  const forged = findings.filter(({ kind }) => kind === 'forged');
  if (forged.length > 0) return decided('refuse', rule.name, forged);
  const unmet = conditions(rule, basis);
  if (unmet.length > 0) return decided(rule.unmet, rule.name, unmet);
  const unverified = findings.filter(({ kind }) => kind === 'unverified');
  if (unverified.length > 0) return decided(rule.unverified, rule.name, unverified);
  return { decision: 'endorse', rule: rule.name, reasons: [], why: [] };
}

type Reason = Pick<Finding, 'check' | 'message'>;

/** What the rule asks and isn't so. */
function conditions(rule: Rule, { upload, now, endorsedToday }: JudgeBasis): readonly Reason[] {
  const unmet: Reason[] = [];
  const ask = (holds: boolean, check: string, message: string) => {
    if (!holds) unmet.push({ check, message });
  };
  const { institution } = upload.uploader;
  const { onlyInstitutions: only, exceptInstitutions: except, modes, perDay, maxAgeHours } = rule;
  const isListed = (list: readonly string[]) => institution !== null && list.includes(institution);
  ask(only === undefined || isListed(only), 'institution', `${institution} isn't among onlyInstitutions`);
  ask(except === undefined || !isListed(except), 'institution', `${institution} is among exceptInstitutions`);
  ask(modes === undefined || modes.includes(upload.mode), 'mode', `it was signed by mode ${upload.mode}`);
  const age = (now.getTime() - Date.parse(upload.askedAt)) / HOUR_MS;
  ask(maxAgeHours === undefined || age <= maxAgeHours, 'age', `it was asked for ${age.toFixed(1)} hours ago`);
  const used = perDay === undefined ? 0 : endorsedToday(rule.name, institution);
  ask(perDay === undefined || used < perDay, 'limit', `${used} of ${institution} were endorsed today`);
  return unmet;
}

function decided(decision: 'refuse' | 'person' | 'endorse', rule: string, found: readonly Reason[]): Judged {
  const named = [...new Set(found.map(({ check }) => `${rule}: ${check}`))];
  const reasons = (named.length === 0 ? [rule] : named).slice(0, MOST_REASONS);
  const why = [...new Set(found.map(({ check, message }) => `${check}: ${message}`))];
  return { decision, rule, reasons, why };
}
