/** What consents make of relations, and relations of levels: a table of who is asked about, and what the patient decided. */
import { describe, expect, it } from 'vitest';
import { levelOf } from '../../src/access/index.js';
import {
  encounterKind,
  encounterValues,
  isRestricted,
  type EncounterValues,
} from '../../src/clinical/index.js';
import type { ConsentFact, Member, RelationLookups, Role, Unrelated } from '../../src/records/index.js';

const [PATIENT, OTHER_PATIENT, HOME, TREATING, ELSEWHERE, FRIEND] = Array.from(
  { length: 6 },
  (_, n) => `00000000-0000-7000-8000-00000000000${n}`,
) as [string, string, string, string, string, string];

function record(label: string | null): Unrelated<EncounterValues> {
  const values = { patient: PATIENT, class: 'AMB', status: 'FINISHED', start: '2026-01-01T00:00:00Z' };
  const head = { id: FRIEND, version: 1, schema: 1, jurisdiction: null, retention: null };
  return {
    kind: 'Encounter',
    head: { ...head, kind: 'Encounter', custodian: HOME, patient: PATIENT, label },
    values: encounterValues.parse(values),
    anchor: { index: 1n, block: 1n, time: '', leafHash: new Uint8Array(32), actor: HOME },
  };
}

function member(role: Role, institution: string | null, patient: string | null = null): Member {
  const roles = new Set([role]);
  return { id: FRIEND, institution, roles, state: false, licensed: true, patient, authority: [] };
}

const consent = (type: ConsentFact['type'], more: Partial<ConsentFact> = {}): ConsentFact => ({
  type,
  institution: null,
  purposes: [],
  label: null,
  representative: null,
  attestedBy: null,
  ...more,
});
const copy = (institution: string, more = {}) => consent('COPY_GRANT', { institution, ...more });
const label = (institution: string, name = 'HIV', more = {}) =>
  consent('LABEL_GRANT', { institution, label: name, ...more });
const restrict = (institution: string | null, ...purposes: string[]) =>
  consent('VIEW_RESTRICTION', {
    institution,
    purposes: purposes.length === 0 ? ['TREATMENT', 'COVERAGE', 'AUDIT'] : purposes,
  });

async function levels(who: Member, consents: readonly ConsentFact[], labelled: string | null) {
  const lookups: RelationLookups = {
    now: () => new Date('2026-01-02T00:00:00Z'),
    treated: (patients, institution) =>
      Promise.resolve(new Set(institution === TREATING || institution === HOME ? patients : [])),
    keepers: () => Promise.resolve(new Map<string, string>()),
    linked: (patients) => Promise.resolve(new Map(patients.map((one) => [one, new Set([one])]))),
    consents: (patients) => Promise.resolve(new Map(patients.map((one) => [one, consents]))),
    viewed: () => Promise.resolve(new Map<string, never[]>()),
  };
  const [relations = new Set()] = await encounterKind.relations(who, [record(labelled)], lookups);
  return { relations: [...relations], level: levelOf(who, relations, 'CLINICAL') };
}

const CUSTODIAN = member('CLINICIAN', HOME);
const TREATS = member('CLINICIAN', TREATING);
const STRANGER = member('CLINICIAN', ELSEWHERE);
const SELF = member('PATIENT', null, PATIENT);
const PERSON = member('PATIENT', null, OTHER_PATIENT);
const appointed = consent('REPRESENTATIVE', { representative: FRIEND });

type Row = readonly [string, Member, readonly ConsentFact[], string | null, readonly string[], string];

describe('a diagnosis is', () => {
  it.each<Row>([
    // Without a label.
    ['who treats, without consents', TREATS, [], null, ['TREATING'], 'VIEW'],
    ['who treats and is restricted', TREATS, [restrict(TREATING)], null, [], 'NONE'],
    ['who treats, all being restricted', TREATS, [restrict(null)], null, [], 'NONE'],
    ['who treats, another being restricted', TREATS, [restrict(ELSEWHERE)], null, ['TREATING'], 'VIEW'],
    ['who treats, treatment restricted', TREATS, [restrict(null, 'TREATMENT')], null, [], 'NONE'],
    ['who treats, coverage restricted', TREATS, [restrict(null, 'COVERAGE')], null, ['TREATING'], 'VIEW'],
    ['who was granted copying', STRANGER, [copy(ELSEWHERE)], null, ['GRANTEE'], 'COPY'],
    ['who treats and was granted', TREATS, [copy(TREATING)], null, ['TREATING', 'GRANTEE'], 'COPY'],
    ['a stranger, another being granted', STRANGER, [copy(TREATING)], null, [], 'NONE'],
    [
      'a grantee that is restricted itself',
      STRANGER,
      [copy(ELSEWHERE), restrict(ELSEWHERE)],
      null,
      [],
      'NONE',
    ],
    [
      'a grantee, all being restricted',
      STRANGER,
      [copy(ELSEWHERE), restrict(null)],
      null,
      ['GRANTEE'],
      'COPY',
    ],
    [
      'a grantee restricted for coverage',
      STRANGER,
      [copy(ELSEWHERE), restrict(ELSEWHERE, 'COVERAGE')],
      null,
      ['GRANTEE'],
      'COPY',
    ],
    ['the custodian, restricted', CUSTODIAN, [restrict(HOME), restrict(null)], null, ['CUSTODIAN'], 'COPY'],
    ['the patient, all being restricted', SELF, [restrict(null)], null, ['SELF'], 'COPY'],
    // From paper.
    [
      'a grantee by the custodian’s paper',
      STRANGER,
      [copy(ELSEWHERE, { attestedBy: HOME })],
      null,
      ['GRANTEE'],
      'COPY',
    ],
    ['a grantee by another’s paper', STRANGER, [copy(ELSEWHERE, { attestedBy: TREATING })], null, [], 'NONE'],
    ['a grantee by its own paper', STRANGER, [copy(ELSEWHERE, { attestedBy: ELSEWHERE })], null, [], 'NONE'],
    // With a label.
    ['who treats, labelled', TREATS, [], 'HIV', [], 'NONE'],
    ['who treats, labelled and granted', TREATS, [label(TREATING)], 'HIV', ['TREATING'], 'VIEW'],
    ['who treats, another label granted', TREATS, [label(TREATING, 'PSYCHIATRY')], 'HIV', [], 'NONE'],
    ['who treats, another being granted the label', TREATS, [label(ELSEWHERE)], 'HIV', [], 'NONE'],
    [
      'who treats, label granted and restricted',
      TREATS,
      [label(TREATING), restrict(null)],
      'HIV',
      [],
      'NONE',
    ],
    ['a grantee without the label', STRANGER, [copy(ELSEWHERE)], 'HIV', [], 'NONE'],
    ['a grantee with the label', STRANGER, [copy(ELSEWHERE), label(ELSEWHERE)], 'HIV', ['GRANTEE'], 'COPY'],
    ['a stranger with the label alone', STRANGER, [label(ELSEWHERE)], 'HIV', [], 'NONE'],
    [
      'who treats, label by its own paper',
      TREATS,
      [label(TREATING, 'HIV', { attestedBy: TREATING })],
      'HIV',
      [],
      'NONE',
    ],
    ['the custodian, labelled', CUSTODIAN, [], 'HIV', ['CUSTODIAN'], 'COPY'],
    ['the patient, labelled', SELF, [], 'HIV', ['SELF'], 'COPY'],
    // Representatives.
    ['another person', PERSON, [], null, [], 'NONE'],
    ['a representative', PERSON, [appointed], null, ['SELF'], 'COPY'],
    ['a representative, labelled', PERSON, [appointed], 'HIV', ['SELF'], 'COPY'],
    ['a clinician who was appointed, which gives nothing', STRANGER, [appointed], null, [], 'NONE'],
  ])('to %s what the table says', async (_what, who, consents, labelled, relations, level) => {
    expect(await levels(who, consents, labelled)).toEqual({ relations, level });
  });

  it('for an emergency restricted by nothing', () => {
    const use = { institution: TREATING, purpose: 'EMERGENCY' };
    expect(isRestricted([restrict(null), restrict(TREATING)], use)).toBe(false);
  });
});
