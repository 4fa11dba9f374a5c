import { describe, expect, it } from 'vitest';
import { namedId } from '../../../src/documents/index.js';
import { defaultRequirement, verdict, type Endorser } from '../../../src/uploads/policies/index.js';

const NOW = new Date('2026-03-01T10:00:00.000Z');
const regulator: Endorser = { member: 'r', institution: 'm', roles: new Set(['REGULATOR']), state: true };
const registrar: Endorser = { member: 'c', institution: 'h', roles: new Set(['REGISTRAR']), state: false };

function state(situation: string, uploader: Endorser, ...endorsements: Endorser[]): string {
  return verdict([defaultRequirement(situation)], uploader, endorsements, NOW.toISOString(), NOW).state;
}

describe('what is required by default', () => {
  it.each(['patient.register', 'encounter.record', 'report.file', 'report.amend', 'institution.amend'])(
    'asks nobody about %s',
    (situation) => {
      expect(state(situation, registrar)).toBe('CONFIRMED');
    },
  );

  it.each(['constructor', 'toString', '__proto__'])('knows no default by the name %s', (situation) => {
    expect(defaultRequirement(situation).rule).toBe('AUTOMATIC');
  });

  it.each(['institution.register', 'institution.licence'])('lets one regulator do %s', (situation) => {
    expect(state(situation, regulator)).toBe('CONFIRMED');
    expect(state(situation, registrar)).toBe('VALIDATING');
  });

  it.each(['report.amend.late', 'report.retract.late'])('asks a regulator about %s', (situation) => {
    expect(state(situation, registrar)).toBe('VALIDATING');
    expect(state(situation, registrar, regulator)).toBe('CONFIRMED');
  });

  it('asks a regulator about a new account, and waits three days', () => {
    const required = [defaultRequirement('institution.amend.account')];
    const asked = '2026-02-26T10:00:00.000Z';
    expect(state('institution.amend.account', registrar, regulator)).toBe('VALIDATING');
    expect(verdict(required, registrar, [regulator], asked, NOW).state).toBe('CONFIRMED');
    expect(verdict(required, registrar, [], asked, NOW).state).toBe('VALIDATING');
  });

  it('lets two regulators together change a policy', () => {
    expect(state('policy.change', regulator)).toBe('VALIDATING');
    expect(state('policy.change', regulator, { ...regulator, member: 's' })).toBe('CONFIRMED');
  });
});

describe('namedId', () => {
  it('is a UUID of version 8 that follows from its text', () => {
    const id = namedId('vitrine/policy/v1', 'report.amend.late');
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(namedId('vitrine/policy/v1', 'report.amend.late')).toBe(id);
    expect(namedId('vitrine/policy/v1', 'report.amend')).not.toBe(id);
    expect(namedId('vitrine/upload/v1', 'report.amend.late')).not.toBe(id);
  });
});
