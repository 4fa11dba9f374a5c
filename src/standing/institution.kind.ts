/** Institutions: hospitals, clinics, authorities and vendors, with the licence that the state gives and takes. */
import { z } from 'zod';
import type { Caller, RecordKind, Relation } from '../records/index.js';
import { licence } from './licence.js';
import { identifierKey, identifiers, maybe, text, whole } from '../documents/index.js';

export const OWNERSHIPS = ['PUBLIC', 'PRIVATE', 'NON_PROFIT'] as const;

export const INSTITUTION_KINDS = ['HOSPITAL', 'CLINIC', 'AUTHORITY', 'VENDOR'] as const;

/** Scope of the unique keys of institutions' identifiers. */
export const INSTITUTION_IDENTIFIER = 'institution.identifier';

/** Stands for "without end" in the column, so that one comparison answers whether a licence ran out. */
export const NO_END = '9999-12-31';

const account = z.object({
  iban: text(42)
    .overwrite((value) => value.replaceAll(' ', '').toUpperCase())
    .refine(isIban, 'expected an IBAN whose check digits hold'),
  holder: text(140),
});

export const institutionValues = z.object({
  name: text(200),
  kind: z.enum(INSTITUTION_KINDS),
  ownership: z.enum(OWNERSHIPS),
  /** Code or name of the region it lies in, as the state cuts its regions. */
  region: text(64),
  identifiers,
  licence,
  capacity: maybe(z.object({ beds: maybe(whole(0, 100_000)), staff: maybe(whole(0, 1_000_000)) })),
  account: maybe(account),
});

export type InstitutionValues = z.output<typeof institutionValues>;

/** ISO 13616: the digits of the rearranged text are 1 modulo 97. */
function isIban(value: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(value)) return false;
  let rest = 0;
  for (const letter of value.slice(4) + value.slice(0, 4)) {
    for (const digit of String(Number.parseInt(letter, 36))) rest = (rest * 10 + Number(digit)) % 97;
  }
  return rest === 1;
}

/** Its own members keep it; to the state it is who gets paid and who is licensed. */
function relationsTo(caller: Caller, institution: string): ReadonlySet<Relation> {
  const relations = new Set<Relation>();
  if (caller === null) return relations;
  if (caller.institution === institution) relations.add('CUSTODIAN').add('PAYEE');
  if (caller.state) relations.add('STATE').add('PAYER');
  if (caller.roles.has('AUDITOR')) relations.add('AUDITOR');
  if (caller.institution !== null && caller.licensed) relations.add('MEMBER');
  return relations;
}

export const institutionKind: RecordKind<InstitutionValues> = {
  name: 'Institution',
  noun: 'institution',
  schema: 1,
  existence: 'PUBLIC',
  table: 'institution',
  fields: {
    name: 'PUBLIC',
    kind: 'PUBLIC',
    ownership: 'PUBLIC',
    region: 'PUBLIC',
    identifiers: 'PUBLIC',
    licence: 'PUBLIC',
    capacity: 'PUBLIC',
    account: 'ACCOUNT',
  },
  values: institutionValues,
  columns: {
    name: { type: 'text', class: 'PUBLIC', of: (values) => values.name },
    kind: { type: 'text', class: 'PUBLIC', of: (values) => values.kind },
    ownership: { type: 'text', class: 'PUBLIC', of: (values) => values.ownership },
    region: { type: 'text', class: 'PUBLIC', of: (values) => values.region },
    licenceState: { type: 'text', class: 'PUBLIC', of: (values) => values.licence.state },
    licenceUntil: { type: 'date', class: 'PUBLIC', of: (values) => values.licence.validUntil ?? NO_END },
  },
  uniqueKeys: (values) =>
    values.identifiers.map((identifier, index) => ({
      scope: INSTITUTION_IDENTIFIER,
      value: identifierKey(identifier),
      path: ['input', 'identifiers', index],
    })),
  threads: (_values, head) => [head.id],
  relations: (caller, records) =>
    Promise.resolve(records.map((record) => relationsTo(caller, record.head.id))),
};
