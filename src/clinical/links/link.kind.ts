/**
 * The record kind PatientLink: that two patients are one person. It rewrites neither file; what it opens follows from it
 * at each request and ends with it (schema/access.md, "One person, several files").
 */
import { z } from 'zod';
import type { RecordKind } from '../../records/index.js';
import { maybe, text, uuid } from '../../standing/index.js';
import { linkRelations } from './link.relations.js';

export const LINK_STATES = ['PROPOSED', 'CONFIRMED', 'ENDED'] as const;

/** Scope of the unique keys of links that stand: one for two files. */
export const STANDING_LINK = 'link.standing';

/** A link stands on the threads of both its patients, so both columns together list those of one. */
export const LINKS_OF: readonly [string, string] = ['first', 'second'];

/** And on the threads of the institutions that kept their files when it was proposed. */
export const LINKS_AT: readonly [string, string] = ['firstKeeper', 'secondKeeper'];

const values = z
  .strictObject({
    /** The two patients, the lower id first, so that a pair has one form. */
    first: uuid,
    second: uuid,
    /** The institutions that kept their files when it was proposed. */
    firstKeeper: uuid,
    secondKeeper: uuid,
    state: z.enum(LINK_STATES),
    /** By what whoever proposed it knows that they are one person. */
    evidence: text(500),
    /** Why they are one person though the files contradict each other. */
    contradictionReason: maybe(text(500)),
    /** Why it ended. */
    endReason: maybe(text(500)),
  })
  .refine(({ first, second }) => first < second, { path: ['second'], message: 'expected two patients' });

export type LinkValues = z.output<typeof values>;

/** The value of the unique key of a standing link. */
export function standingLink({ first, second }: Pick<LinkValues, 'first' | 'second'>): string {
  return `${first} ${second}`;
}

export const linkKind: RecordKind<LinkValues> = {
  name: 'PatientLink',
  noun: 'link',
  schema: 1,
  existence: 'DIRECTORY',
  table: 'patient_link',
  fields: {
    first: 'DIRECTORY',
    second: 'DIRECTORY',
    firstKeeper: 'DIRECTORY',
    secondKeeper: 'DIRECTORY',
    state: 'DIRECTORY',
    evidence: 'IDENTITY',
    contradictionReason: 'IDENTITY',
    endReason: 'IDENTITY',
  },
  values,
  columns: {
    first: { type: 'uuid', class: 'DIRECTORY', of: (link) => link.first },
    second: { type: 'uuid', class: 'DIRECTORY', of: (link) => link.second },
    firstKeeper: { type: 'uuid', class: 'DIRECTORY', of: (link) => link.firstKeeper },
    secondKeeper: { type: 'uuid', class: 'DIRECTORY', of: (link) => link.secondKeeper },
    state: { type: 'text', class: 'DIRECTORY', of: (link) => link.state },
  },
  uniqueKeys: (link) =>
    link.state === 'ENDED'
      ? []
      : [{ scope: STANDING_LINK, value: standingLink(link), path: ['input', 'other'] }],
  lists: [LINKS_OF, LINKS_AT],
  threads: (link) => [link.first, link.second, link.firstKeeper, link.secondKeeper],
  relations: linkRelations,
};
