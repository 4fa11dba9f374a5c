/**
 * A random world in which every guarded value is a text that stands nowhere else, and a model of who is what to each of them,
 * written from design/access.md and not from the code.
 */
import { randomUUID } from 'node:crypto';
import type { TestVitrine } from '../support/vitrine.js';
import { designLevel } from '../e2e/design.js';
import type { Draw } from './draw.js';

const DAY = 86_400_000;
const PLACES = ['city', 'north', 'harbour'] as const;
const STAFF_ROLES = ['CLINICIAN', 'REGISTRAR', 'REPORTER', 'FINANCE'] as const;

export interface Somebody {
  readonly subject: string;
  readonly id: string;
  /** The institution's id; null for patients and auditors. */
  readonly institution: string | null;
  readonly roles: readonly string[];
  /** Whose file it is, of a patient. */
  readonly patient?: string;
}

/** A value that stands in one field of one record. */
export interface Secret {
  readonly text: string;
  readonly fieldClass: string;
  readonly relations: (who: Somebody) => readonly string[];
}

interface Care {
  readonly patient: string;
  readonly place: string;
  readonly recorder: string;
  readonly treats: boolean;
}

export class SecretWorld {
  readonly members: Somebody[] = [];
  readonly secrets: Secret[] = [];
  /** Ids of records by type, for queries to ask for. */
  readonly ids = new Map<string, string[]>();
  /** Identifiers, names and the like, to look for. */
  readonly words: string[] = [];
  readonly #care: Care[] = [];
  readonly #granted = new Set<string>();
  readonly #labels = new Set<string>();
  readonly #restricted = new Set<string>();
  /** Whom a patient lets act for it, by member and patient. */
  readonly #represented = new Set<string>();
  #number = 0;

  private constructor(
    readonly vitrine: TestVitrine,
    readonly draw: Draw,
    readonly places: Readonly<Record<string, string>>,
  ) {}

  static async make(vitrine: TestVitrine, draw: Draw): Promise<SecretWorld> {
    const places: Record<string, string> = {};
    for (const place of PLACES) places[place] = await institutionOf(vitrine, `clinician.${place}`);
    places['ministry'] = await institutionOf(vitrine, 'regulator.one');
    const world = new SecretWorld(vitrine, draw, places);
    world.#note('Institution', ...Object.values(places));
    await world.#enrolAll();
    for (let count = 0; count < 6; count += 1) await world.#patient();
    await world.#figures();
    return world;
  }

  /** Whether the design lets somebody copy a value, by any of its roles. */
  mayCopy(who: Somebody | null, { fieldClass, relations }: Secret): boolean {
    if (who === null) return false;
    const held = relations(who);
    return who.roles.some((role) => designLevel({ role }, held, fieldClass) === 'COPY');
  }

  /** A text that no other value has; short enough for every field. */
  #token(): string {
    this.#number += 1;
    return `Zq${this.#number.toString().padStart(3, '0')}${randomUUID().slice(0, 8)}`;
  }

  #hide(fieldClass: string, relations: Secret['relations'], text = this.#token()): string {
    this.secrets.push({ text, fieldClass, relations });
    this.words.push(text);
    return text;
  }

  /** Notes a record that came to be later. */
  learn(type: string, id: string): void {
    if (this.ids.get(type)?.includes(id) !== true) this.#note(type, id);
  }

  #note(type: string, ...ids: readonly string[]): void {
    this.ids.set(type, [...(this.ids.get(type) ?? []), ...ids]);
  }

  async #mutate(who: string, mutation: string, record: string, input: object): Promise<string> {
    const { data, text } = await this.vitrine.mutate<Record<string, Record<string, { id: string }>>>(
      who,
      mutation,
      { ...input },
      `${record} { id }`,
    );
    const id = data?.[mutation]?.[record]?.id;
    if (id === undefined) throw new Error(`${mutation} as ${who} failed: ${text}`);
    return id;
  }

  async #enrolAll(): Promise<void> {
    for (const place of PLACES)
      for (const role of STAFF_ROLES) await this.#enrol(`${role}.${place}`.toLowerCase(), place, [role]);
    for (let count = 0; count < 6; count += 1) {
      const roles = [...new Set([this.draw.one(STAFF_ROLES), this.draw.one(STAFF_ROLES)])];
      await this.#enrol(`mixed.${count}`, this.draw.one(PLACES), roles);
    }
    for (const [subject, role] of [
      ['regulator.one', 'REGULATOR'],
      ['auditor', 'AUDITOR'],
    ] as const) {
      const { data } = await this.vitrine.ask<{ me: { member: { id: string } } }>(
        subject,
        '{ me { member { id } } }',
      );
      const institution = role === 'REGULATOR' ? (this.places['ministry'] ?? '') : null;
      this.members.push({ subject, id: data?.me.member.id ?? '', institution, roles: [role] });
    }
  }

  /** Enrols somebody, unless the sample has: then it is asked who that is. */
  async #enrol(subject: string, place: string, roles: readonly string[]): Promise<void> {
    const institution = this.places[place] ?? '';
    const known = await this.vitrine.ask<{ me: { member: { id: string } } | null }>(
      subject,
      '{ me { member { id } } }',
    );
    const input = { subject, institution, name: subject, roles };
    const id =
      known.data?.me?.member.id ?? (await this.#mutate('regulator.one', 'enrolMember', 'member', input));
    this.members.push({ subject, id, institution, roles });
    this.#note('Member', id);
  }

  /** A patient of a random institution, with random care, consents and a login of its own. */
  async #patient(): Promise<void> {
    const place = this.draw.one(PLACES);
    const who = `registrar.${place}`;
    const at: { id?: string } = {};
    const related = (somebody: Somebody): readonly string[] =>
      this.#toCare(somebody, at.id ?? '', this.places[place] ?? '', null);
    const id = await this.#mutate(who, 'registerPatient', 'patient', {
      identifiers: [{ system: 'urn:test:secret', value: this.#hide('IDENTITY', related) }],
      names: [{ family: this.#hide('IDENTITY', related), given: [this.#hide('IDENTITY', related)] }],
      birthDate: '1961-05-04',
      addresses: [{ use: 'HOME', lines: [this.#hide('IDENTITY', related)], city: 'Seahaven' }],
      insurance: [{ payer: 'Mutual', memberNumber: this.#hide('IDENTITY', related) }],
      alerts: [{ category: 'ALLERGY', text: this.#hide('CRITICAL', related), severity: 'HIGH' }],
    });
    at.id = id;
    this.#note('Patient', id);
    const self = `self.${this.#number}`;
    const login = { subject: self, roles: ['PATIENT'], patient: id };
    const member = await this.#mutate(who, 'enrolMember', 'member', login);
    this.members.push({ subject: self, id: member, institution: null, roles: ['PATIENT'], patient: id });
    for (let count = this.draw.nat(4); count > 0; count -= 1) await this.#encounter(id);
    await this.#consents(self, id);
    await this.#view(id);
  }

  /** An open view makes its holder VIEWER, which lets it copy nothing. */
  async #view(patient: string): Promise<void> {
    const look = { subject: { kind: 'PATIENT', id: patient }, purpose: 'EMERGENCY', reason: 'Unconscious' };
    const who = `clinician.${this.draw.one(PLACES)}`;
    this.#note('View', await this.#mutate(who, 'openView', 'view', look));
  }

  async #encounter(patient: string): Promise<void> {
    const place = this.draw.one(PLACES);
    const recorder = this.draw.one(['clinician', 'registrar']) + `.${place}`;
    const [status, ended] = this.draw.one([
      ['IN_PROGRESS', null],
      ['FINISHED', 2],
      ['FINISHED', 90],
      ['CANCELLED', null],
    ] as const);
    const label = this.draw.nat(4) === 0 ? 'PSY' : null;
    const institution = this.places[place] ?? '';
    const related = (who: Somebody): readonly string[] => this.#toCare(who, patient, institution, label);
    const end = ended === null ? null : new Date(Date.now() - ended * DAY).toISOString();
    const id = await this.#mutate(recorder, 'recordEncounter', 'encounter', {
      patient,
      class: 'AMB',
      status,
      label,
      start: new Date(Date.now() - 100 * DAY).toISOString(),
      end,
      practitioner: { name: this.#hide('ADMINISTRATIVE', related) },
      payer: this.#hide('ADMINISTRATIVE', related),
      note: this.#hide('CLINICAL', related),
      diagnoses: [{ code: { code: 'I21.4', display: this.#hide('CLINICAL', related) } }],
    });
    this.#note('Encounter', id);
    const treats = status !== 'CANCELLED' && (ended === null || ended < 30);
    this.#care.push({ patient, place: institution, recorder, treats });
  }

  async #consents(self: string, patient: string): Promise<void> {
    const institution = this.places[this.draw.one(PLACES)] ?? '';
    const other = this.draw.one(this.members.filter(({ roles }) => roles.includes('PATIENT')));
    const decide = async (type: string, more: object, into: Set<string>, key: string): Promise<void> => {
      if (this.draw.nat(2) === 0) return;
      this.#note('Consent', await this.#mutate(self, 'grantConsent', 'consent', { patient, type, ...more }));
      into.add(key);
    };
    const at = `${patient} ${institution}`;
    await decide('COPY_GRANT', { institution }, this.#granted, at);
    await decide('LABEL_GRANT', { institution, label: 'PSY' }, this.#labels, at);
    if (this.draw.nat(3) === 0) await decide('VIEW_RESTRICTION', { institution }, this.#restricted, at);
    if (other.patient !== patient)
      await decide(
        'REPRESENTATIVE',
        { representative: other.id },
        this.#represented,
        `${other.id} ${patient}`,
      );
  }

  /** What somebody is to a patient or an encounter (design: access, "Relations and the matrix"). */
  #toCare(
    { id, subject, institution, roles, patient: own }: Somebody,
    patient: string,
    custodian: string,
    label: string | null,
  ): readonly string[] {
    if (own !== undefined)
      return own === patient || this.#represented.has(`${id} ${patient}`) ? ['SELF'] : [];
    const relations = roles.includes('AUDITOR') ? ['AUDITOR'] : [];
    if (institution === null) return relations;
    if (institution === custodian) relations.push('CUSTODIAN');
    const at = `${patient} ${institution}`;
    const isOpen = (label === null || this.#labels.has(at)) && !this.#restricted.has(at);
    const isTreated = this.#care.some(
      (care) =>
        care.patient === patient && care.place === institution && care.treats && care.recorder !== subject,
    );
    if (isOpen && isTreated) relations.push('TREATING');
    if (isOpen && this.#granted.has(at)) relations.push('GRANTEE');
    return relations;
  }

  /** Reports and subsidies of each institution. */
  async #figures(): Promise<void> {
    for (const [at, place] of PLACES.entries()) {
      const institution = this.places[place] ?? '';
      const toReport = (who: Somebody): readonly string[] => [
        ...figureRelations(who),
        ...(who.institution === institution ? ['CUSTODIAN'] : []),
      ];
      const report = await this.#mutate(`reporter.${place}`, 'fileReport', 'report', {
        form: 'hospital-activity',
        period: `2025-0${at + 1}`,
        note: this.#hide('REPORTING', toReport),
        indicators: [
          { code: 'beds', value: '9' },
          {
            code: 'admissions',
            value: this.#hide('REPORTING', toReport, String(417_000_000 + this.draw.nat(1e6))),
          },
          { code: 'occupancy', value: '80.5' },
        ],
      });
      this.#note('Report', report);
      await this.#subsidy(institution, at);
    }
  }

  async #subsidy(payee: string, at: number): Promise<void> {
    const ministry = this.places['ministry'] ?? '';
    const toSubsidy = (who: Somebody): readonly string[] => [
      ...figureRelations(who),
      ...(who.institution === payee ? ['PAYEE'] : []),
      ...(who.institution === ministry ? ['PAYER'] : []),
    ];
    const programme = await this.#mutate('regulator.one', 'createProgramme', 'programme', {
      code: `SECRET-${at}`,
      title: 'Roofs',
      budget: { amount: 9_000_000_000, currency: 'EUR' },
    });
    const subsidy = await this.#mutate('regulator.one', 'proposeSubsidy', 'subsidy', {
      programme,
      payee,
      amount: {
        amount: Number(this.#hide('FINANCIAL', toSubsidy, String(583_000_000 + this.draw.nat(1e6)))),
        currency: 'EUR',
      },
      purpose: this.#hide('FINANCIAL', toSubsidy),
    });
    this.#note('Programme', programme);
    this.#note('Subsidy', subsidy);
  }
}

/** What makes somebody something to every report and subsidy. */
function figureRelations({ roles }: Somebody): readonly string[] {
  return [
    ...(roles.includes('REGULATOR') ? ['STATE'] : []),
    ...(roles.includes('AUDITOR') ? ['AUDITOR'] : []),
    ...(roles.includes('PATIENT') ? [] : ['MEMBER']),
  ];
}

async function institutionOf(vitrine: TestVitrine, who: string): Promise<string> {
  const { data } = await vitrine.ask<{ me: { institution: { id: string } } }>(
    who,
    '{ me { institution { id } } }',
  );
  return data?.me.institution.id ?? '';
}
