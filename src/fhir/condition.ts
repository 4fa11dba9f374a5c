/** Condition → a diagnosis of its encounter. Severity, body site, stage and evidence aren't taken. */
import { codingOf, labelOf, momentOf, optional } from './convert.js';
import type { Located } from './document.js';
import { checkShape } from './document.js';
import type { Problems } from './problem.js';
import { condition } from './resources.js';
import type { ConditionResource } from './resources.js';
import { checkForm } from './rules.js';
import type { ClinicalStatus, DiagnosisValue, VerificationStatus } from './values.js';

/** A diagnosis and the resource it was taken from. */
export interface MappedCondition {
  readonly located: Located;
  readonly resource: ConditionResource;
  readonly values: DiagnosisValue;
  /** Label of a specially protected record; it goes to the encounter. */
  readonly label: string | undefined;
}

const CLINICAL = new Set(['active', 'recurrence', 'relapse', 'inactive', 'remission', 'resolved']);
const VERIFICATION = new Set(['unconfirmed', 'provisional', 'differential', 'confirmed', 'refuted']);

/** Whether it says of itself that it was entered in error. */
export function isErroneousCondition(located: Located): boolean {
  const parsed = condition.pick({ verificationStatus: true }).safeParse(located.resource);
  return parsed.success && codingOf(parsed.data.verificationStatus)?.code === 'entered-in-error';
}

/** Maps a Condition; null with problems when it can't be taken whole. */
export function mapCondition(located: Located, problems: Problems): MappedCondition | null {
  const { path } = located;
  const before = problems.found.length;
  checkForm(located.resource, path, problems);
  const resource = checkShape(condition, located.resource, path, problems);
  if (resource === null) return null;
  const code = codingOf(resource.code);
  if (code === undefined) problems.add([...path, 'code'], 'expected a code or a text');
  for (const name of Object.keys(located.resource)) {
    if (/^(onset|abatement)(Age|Period|Range|String)$/.test(name)) {
      problems.add(
        [...path, name],
        `expected ${name.replace(/[A-Z].*$/, '')}DateTime: other forms are not taken`,
      );
    }
  }
  const clinical = statusOf(resource, 'clinicalStatus', CLINICAL, located, problems);
  const verification = statusOf(resource, 'verificationStatus', VERIFICATION, located, problems);
  const note = resource.note?.map(({ text }) => text).join('\n\n');
  if (code === undefined || problems.found.length > before) return null;
  const values: DiagnosisValue = {
    code,
    ...optional('clinicalStatus', clinical as ClinicalStatus | undefined),
    ...optional('verificationStatus', verification as VerificationStatus | undefined),
    ...optional('onset', momentOf(resource.onsetDateTime)),
    ...optional('abatement', momentOf(resource.abatementDateTime)),
    ...optional('recordedAt', momentOf(resource.recordedDate)),
    ...optional('note', note),
  };
  return { located, resource, values, label: labelOf(resource.meta?.security) };
}

/** Both statuses have a required binding (R4, 9.2.3), and both are modifiers: an unknown code can't be passed over. */
function statusOf(
  resource: ConditionResource,
  name: 'clinicalStatus' | 'verificationStatus',
  known: ReadonlySet<string>,
  { path }: Located,
  problems: Problems,
): string | undefined {
  const concept = resource[name];
  if (concept === undefined) return undefined;
  const found = codingOf(concept)?.code;
  if (found !== undefined && known.has(found)) return found.toUpperCase();
  problems.add([...path, name], `expected one of ${[...known].join(', ')}`);
  return undefined;
}
