/**
 * From an open view to what its pages hold. Everything is verified; care is kept from page to page, for as long as the log knows
 * no later version and no more of it, so that leafing through many encounters doesn't open each of them for each page.
 */
import { loadVisible } from '../../access/index.js';
import type { RequestContext } from '../../api/index.js';
import {
  encounterKind,
  patientKind,
  type EncounterValues,
  type PatientValues,
} from '../../clinical/index.js';
import { programmeKind } from '../../finance/index.js';
import type { Loaded, Member, Unrelated } from '../../records/index.js';
import { formKind } from '../../reporting/index.js';
import { institutionKind, memberKind } from '../../standing/index.js';
import type { PageModel, Watermark } from '../pages/index.js';
import { reportModel, subsidyModel } from '../summary/figures.js';
import { patientModel } from '../summary/patient.js';
import { evidenceHolds } from './evidence.js';
import type { Purpose } from './purposes.js';
import { mayShow, type Decisions } from './restriction.js';
import { findSubject, mayLook, type Subject } from './subject.js';
import type { ViewValues } from './view.kind.js';

/** A view that its caller may look at, at this moment. */
export interface OpenView {
  readonly view: Loaded<ViewValues>;
  readonly caller: Member;
  readonly purpose: Purpose;
  readonly subject: Subject;
  /** Of a patient's. */
  readonly decisions: Decisions | null;
}

/**
 * The view as an open one of the caller's own: within its time, bound to this key, of something that is there and that the
 * caller may still look at.
 * @returns null when it isn't
 * @throws VitrineError INTEGRITY_VIOLATION
 */
export async function openViewOf(ctx: RequestContext, view: Loaded<ViewValues>): Promise<OpenView | null> {
  const { caller } = ctx;
  const { act, member, key, purpose, subject: id, subjectKind, expiresAt } = view.values;
  if (caller === null || act !== 'OPENED' || purpose === null || id === null) return null;
  if (caller.id !== member || key !== ctx.key || caller.institution !== view.values.institution) return null;
  if (expiresAt <= ctx.clock().toISOString()) return null;
  const subject = await findSubject(ctx, subjectKind, id);
  if (subject === null) return null;
  const allowed = await mayLook(ctx, { caller, purpose }, subject);
  if (allowed === null) return null;
  const { decisions } = allowed;
  const holds = await evidenceHolds(ctx, caller, view.values, decisions?.person.files ?? []);
  return holds ? { view, caller, purpose, subject, decisions } : null;
}

/** What the pages of an open view hold. @throws VitrineError INTEGRITY_VIOLATION for a value that doesn't verify */
export async function modelOf(ctx: RequestContext, open: OpenView): Promise<PageModel> {
  const { subject, purpose, view } = open;
  const { language } = view.values;
  const now = ctx.clock();
  switch (subject.kind) {
    case 'PATIENT': {
      const patient = subject.record;
      const { others, encounters, withheld } = await careOf(ctx, open, patient);
      const places = await placesOf(ctx, [...others, ...encounters]);
      return patientModel({ purpose, language, patient, others, encounters, withheld, places, now });
    }
    case 'REPORT': {
      const { record } = subject;
      const form = await ctx.records.load(formKind, record.values.form);
      const institution = await nameOf(ctx, record.head.custodian);
      return reportModel(record, form?.values ?? null, { purpose, language, institution, now });
    }
    case 'SUBSIDY': {
      const { record } = subject;
      const programme = await loadVisible(ctx, programmeKind, record.values.programme);
      const institution = await nameOf(ctx, record.values.payee);
      const terms = { purpose, language, institution, now };
      return subsidyModel(record, programme?.values.title ?? record.values.programme, terms);
    }
  }
}

/** What a view shows of a person: its other files and the encounters of all of them. */
interface Care {
  readonly others: readonly Unrelated<PatientValues>[];
  readonly encounters: readonly Unrelated<EncounterValues>[];
  /** Some are left out because of their label. */
  readonly withheld: boolean;
}

async function careOf(ctx: RequestContext, open: OpenView, patient: Unrelated<PatientValues>): Promise<Care> {
  const { facts = [], person } = open.decisions ?? {};
  const ids = (person?.files ?? []).filter((file) => file !== patient.head.id);
  const linked = (await Promise.all(ids.map((id) => ctx.records.fact(patientKind, id))))
    .filter((file) => file !== null)
    .filter(({ values, erased }) => !values.retracted && erased?.whole !== true);
  const others = linked.filter((file) => mayShow(facts, open, file));
  const files = [patient, ...others].map(({ head }) => head.id);
  const all = await ctx.records.whole(encounterKind, 'patient', files);
  const encounters = all.filter((encounter) => mayShow(facts, open, encounter));
  const withheld = encounters.length < all.length || others.length < linked.length;
  return { others, encounters, withheld };
}

async function placesOf(
  ctx: RequestContext,
  records: readonly Unrelated<object>[],
): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(records.flatMap(({ head }) => head.custodian ?? []))];
  return new Map(await Promise.all(ids.map(async (id) => [id, await nameOf(ctx, id)] as const)));
}

async function nameOf(ctx: RequestContext, institution: string | null): Promise<string> {
  if (institution === null) return '';
  const record = await ctx.records.load(institutionKind, institution);
  return record?.values.name ?? institution;
}

/** Member, institution, time and receipt number: across every page. */
export async function watermarkOf(ctx: RequestContext, { view, caller }: OpenView): Promise<Watermark> {
  const member = await ctx.records.load(memberKind, caller.id);
  const time = `${ctx.clock().toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  return {
    lines: [
      member?.values.name ?? caller.id,
      await nameOf(ctx, caller.institution),
      `${time} · #${view.anchor.index}`,
    ],
  };
}
