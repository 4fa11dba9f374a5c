/** What a patient's consents take from looking: restrictions by institution and purpose, and labels that nobody granted. */
import type { RequestContext } from '../../api/index.js';
import { isLabelOpen, isRestricted, type Person } from '../../clinical/index.js';
import type { ConsentValues } from '../../documents/index.js';
import type { WholeList } from '../../ledger/index.js';
import type { ConsentFact, Member, Unrelated } from '../../records/index.js';
import { consentKind, factsInForce, isInForce } from '../consent/consent.kind.js';
import type { Purpose } from './purposes.js';

/** Types of consents that open; the others take away, or appoint. */
const GRANTS: readonly string[] = ['COPY_GRANT', 'LABEL_GRANT'];

type Reader = Pick<RequestContext, 'records' | 'clock'>;

/** Who looks, and what for. */
export interface Look {
  readonly caller: Member;
  readonly purpose: Purpose;
}

/** What the person behind a file decided, by whichever of its files, and what of that the commit has to hold. */
export interface Decisions {
  readonly person: Person;
  /** All consents that are in force. */
  readonly facts: readonly ConsentFact[];
  /** Those among them that open something to an institution, in the versions in which they do. */
  readonly grants: readonly Unrelated<ConsentValues>[];
  /** That there are no other consents and no other links. */
  readonly whole: readonly WholeList[];
}

/** @throws VitrineError INTEGRITY_VIOLATION when a consent or a link is missing: that none restricts rests on all being there */
export async function decisionsOf(ctx: Reader, person: Person): Promise<Decisions> {
  const now = ctx.clock().toISOString();
  const lists = await Promise.all(
    person.files.map(async (file) => {
      const all = await ctx.records.whole(consentKind, 'patient', [file]);
      const whole: WholeList = { kind: consentKind.name, thread: file, count: all.length };
      const grants = all.filter(({ values }) => GRANTS.includes(values.type) && isInForce(values, now));
      return { facts: factsInForce(all, now), grants, whole };
    }),
  );
  return {
    person,
    facts: lists.flatMap(({ facts }) => facts),
    grants: lists.flatMap(({ grants }) => grants),
    whole: [...person.whole, ...lists.map(({ whole }) => whole)],
  };
}

/** Whether the patient forbids the caller's institution to look for this purpose. EMERGENCY is never forbidden. */
export function isForbidden(consents: readonly ConsentFact[], { caller, purpose }: Look): boolean {
  const institution = caller.institution ?? '';
  return purpose !== 'EMERGENCY' && isRestricted(consents, { institution, purpose });
}

/** Whether a record of care may be shown: a labelled one needs the patient's grant or an emergency; its own an institution keeps. */
export function mayShow(
  consents: readonly ConsentFact[],
  { caller, purpose }: Look,
  { head }: Pick<Unrelated<object>, 'head'>,
): boolean {
  const { institution } = caller;
  if (purpose === 'EMERGENCY' || head.label === null) return true;
  return institution !== null && (head.custodian === institution || isLabelOpen(consents, institution, head));
}
