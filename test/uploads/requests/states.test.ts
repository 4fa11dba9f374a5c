import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../../src/ledger/core/index.js';
import {
  isEnd,
  nextState,
  requireNext,
  UPLOAD_EVENTS,
  UPLOAD_STATES,
  type UploadEvent,
  type UploadState,
} from '../../../src/uploads/requests/states.js';

/** Written out by hand, as schema/uploads.md prints it: rows are states, columns are events; "a|b": unmet | met. */
const EXPECTED = `
                request               endorse               deny            confirm                        load                 expire
  NONE          VALIDATING|CONFIRMED  NOT_FOUND             DENIED          NOT_FOUND                      NOT_FOUND            NOT_FOUND
  VALIDATING    CONFLICT              VALIDATING|CONFIRMED  DENIED          ENDORSEMENT_PENDING|CONFIRMED  ENDORSEMENT_PENDING  EXPIRED
  CONFIRMED     CONFLICT              CONFLICT              CONFLICT        CONFLICT                       LOADED               EXPIRED
  DENIED        UPLOAD_DENIED         UPLOAD_DENIED         UPLOAD_DENIED   UPLOAD_DENIED                  UPLOAD_DENIED        UPLOAD_DENIED
  LOADED        CONFLICT              CONFLICT              CONFLICT        CONFLICT                       CONFLICT             CONFLICT
  EXPIRED       UPLOAD_EXPIRED        UPLOAD_EXPIRED        UPLOAD_EXPIRED  UPLOAD_EXPIRED                 UPLOAD_EXPIRED       UPLOAD_EXPIRED`;

interface Case {
  readonly state: UploadState | 'NONE';
  readonly event: UploadEvent;
  readonly met: boolean;
  readonly expected: string;
}

const [columns = [], ...rows] = EXPECTED.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));

const CASES: readonly Case[] = rows.flatMap(([state = '', ...cells]) =>
  cells.flatMap((cell, place) => {
    const [unmet = '', met = unmet] = cell.split('|');
    const at = { state: state as Case['state'], event: columns[place] as UploadEvent };
    return [
      { ...at, met: false, expected: unmet },
      { ...at, met: true, expected: met },
    ];
  }),
);

describe('the life of a request for permission', () => {
  it('is written out for every state and every event', () => {
    const at = new Set(CASES.map(({ state, event, met }) => `${state} ${event} ${met}`));
    for (const state of ['NONE', ...UPLOAD_STATES])
      for (const event of UPLOAD_EVENTS)
        for (const met of [false, true]) expect(at).toContain(`${state} ${event} ${met}`);
    expect(CASES).toHaveLength((UPLOAD_STATES.length + 1) * UPLOAD_EVENTS.length * 2);
  });

  it.each(CASES)('$state and $event (policy met: $met) is $expected', ({ state, event, met, expected }) => {
    expect(nextState(state, event, met)).toBe(expected);
  });

  it('leaves no end', () => {
    for (const state of UPLOAD_STATES.filter(isEnd))
      for (const event of UPLOAD_EVENTS)
        for (const met of [false, true]) expect(UPLOAD_STATES).not.toContain(nextState(state, event, met));
  });
});

const UPLOAD = {
  id: '01890000-0000-8000-8000-000000000001',
  expiresAt: '2026-06-22T12:00:00.000Z',
  reasons: [{ rule: 'role', code: 'FORBIDDEN' }],
  missing: '1 more of 1 by a REGULATOR',
};

function refusal(state: UploadState, event: UploadEvent): VitrineError {
  try {
    requireNext({ ...UPLOAD, state }, event, false);
  } catch (error) {
    if (error instanceof VitrineError) return error;
  }
  throw new Error('it was not refused');
}

describe('a refusal', () => {
  it('of what waits names the request, what is missing, its end, and what to do then', () => {
    const error = refusal('VALIDATING', 'load');
    expect(error.code).toBe('ENDORSEMENT_PENDING');
    for (const part of [UPLOAD.id, UPLOAD.missing, UPLOAD.expiresAt, 'send the same request again'])
      expect(error.message).toContain(part);
    expect(error.details).toEqual({
      upload: UPLOAD.id,
      state: 'VALIDATING',
      expires: UPLOAD.expiresAt,
      waitsFor: UPLOAD.missing,
    });
  });

  it('of what was denied names the rules and their codes', () => {
    expect(refusal('DENIED', 'load')).toMatchObject({
      code: 'UPLOAD_DENIED',
      message: expect.stringContaining('role: FORBIDDEN') as string,
    });
  });

  it('of what expired says when, and that a new request is needed', () => {
    const error = refusal('EXPIRED', 'endorse');
    expect(error.code).toBe('UPLOAD_EXPIRED');
    expect(error.message).toContain('new requestId');
    expect(error.inputPath).toEqual(['input', 'upload']);
  });
});
