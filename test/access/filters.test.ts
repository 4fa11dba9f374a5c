import { describe, expect, it } from 'vitest';
import {
  loadVisible,
  requireFilter,
  requireVersion,
  requireVisible,
  visible,
  type FilteredKind,
} from '../../src/access/index.js';
import type { RequestContext } from '../../src/api/index.js';
import type { Loaded, RecordKind, Relation } from '../../src/records/index.js';
import { loaded, memberWith, type NoteValues } from '../api/sample.js';

const KIND: FilteredKind = {
  name: 'Note',
  existence: 'DIRECTORY',
  columns: { start: { class: 'ADMINISTRATIVE' }, text: { class: 'CLINICAL' }, state: { class: 'DIRECTORY' } },
};
const relations = (...each: Relation[]) => new Set<Relation>(each);

describe('filters and orders', () => {
  it('take a column that the caller could copy from every record', () => {
    expect(() =>
      requireFilter(memberWith('CLINICIAN'), KIND, ['start', 'text', 'id', 'state'], relations('CUSTODIAN')),
    ).not.toThrow();
  });

  it.each([
    [['text'], ['CLINICIAN'], ['TREATING']],
    [['text'], ['REGISTRAR'], ['CUSTODIAN']],
    [['start'], ['CLINICIAN'], []],
    [['id', 'text'], ['REPORTER'], ['CUSTODIAN']],
  ] as const)('refuse %j for %j as %j', (columns, roles, guaranteed) => {
    const attempt = () => requireFilter(memberWith(...roles), KIND, columns, relations(...guaranteed));
    expect(attempt).toThrow(
      expect.objectContaining({ code: 'FORBIDDEN', inputPath: ['filter', columns.at(-1)] }),
    );
  });

  it('refuse directory columns of a list that nothing is guaranteed of, unless the records are public', () => {
    const caller = memberWith('CLINICIAN');
    expect(() => requireFilter(caller, KIND, ['custodian'], relations())).toThrow(
      expect.objectContaining({ code: 'FORBIDDEN' }),
    );
    expect(() => requireFilter(null, { ...KIND, existence: 'PUBLIC' }, ['id'], relations())).not.toThrow();
    expect(() => requireFilter(null, { ...KIND, existence: 'PUBLIC' }, ['state'], relations())).toThrow(
      expect.objectContaining({ code: 'FORBIDDEN' }),
    );
  });

  it('say a programming error as one', () => {
    expect(() => requireFilter(memberWith('CLINICIAN'), KIND, ['nowhere'], relations('SELF'))).toThrow(
      /no column nowhere/,
    );
  });
});

describe('visible records', () => {
  const id = '01890a5d-ac96-774b-bcce-b302099a9001';
  const kind = { name: 'Note', existence: 'DIRECTORY' } as RecordKind<NoteValues>;
  const context = (record: Loaded<NoteValues> | null) => {
    const asked: string[] = [];
    const records = {
      load: (_kind: unknown, each: string) => {
        asked.push(each);
        return Promise.resolve(record);
      },
    } as unknown as RequestContext['records'];
    return { caller: memberWith('CLINICIAN'), records, asked };
  };

  it('are those whose existence the caller may know', () => {
    expect(visible(memberWith(), { existence: 'DIRECTORY' }, loaded(['LISTED']))).toBe(true);
    expect(visible(memberWith('CLINICIAN'), { existence: 'DIRECTORY' }, loaded([]))).toBe(false);
    expect(visible(null, { existence: 'DIRECTORY' }, loaded(['MEMBER']))).toBe(false);
    expect(visible(null, { existence: 'PUBLIC' }, loaded([]))).toBe(true);
  });

  it('look the same when they are absent, unreadable, or asked for by what is no id', async () => {
    const refusals = await Promise.all(
      [context(null), context(loaded([]))].map((ctx) =>
        requireVisible(ctx, kind, id).catch((error: unknown) => error),
      ),
    );
    refusals.push(
      await requireVisible(context(loaded(['SELF'])), kind, 'x').catch((error: unknown) => error),
    );
    expect(refusals.map((error) => (error as Error).message)).toEqual(
      Array(3).fill((refusals[0] as Error).message),
    );
    expect(refusals[0]).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are loaded by the one form of their id', async () => {
    const ctx = context(loaded(['CUSTODIAN']));
    expect(await loadVisible(ctx, kind, id.toUpperCase())).not.toBeNull();
    expect(ctx.asked).toEqual([id]);
  });

  it('are amended only at the version that the caller saw', () => {
    const record = loaded(['CUSTODIAN']);
    expect(() => requireVersion(record, 2)).not.toThrow();
    expect(() => requireVersion(record, null)).not.toThrow();
    expect(() => requireVersion(record, 1)).toThrow(
      expect.objectContaining({ code: 'CONFLICT', details: expect.objectContaining({ version: 2 }) }),
    );
  });
});
