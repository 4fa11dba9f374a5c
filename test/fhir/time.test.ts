import { describe, expect, it } from 'vitest';
import { isPartialDate, toInstant } from '../../src/fhir/time.js';

describe('FHIR times', () => {
  it.each([
    ['2017-02-01T07:15:00+10:00', '2017-01-31T21:15:00.000Z'],
    ['2000-02-29T23:59:59.9999Z', '2000-02-29T23:59:59.999Z'],
    ['1975-06-01T00:00:00.1-03:30', '1975-06-01T03:30:00.100Z'],
  ])('brings %s to UTC', (text, utc) => {
    expect(toInstant(text)).toBe(utc);
  });

  it.each([
    '2017-02-01',
    '2017-02-01T07:15:00',
    '2017-02-29T07:15:00Z',
    '2017-02-01T24:00:00Z',
    '2017-02-01T07:15Z',
    '2017-02-01T07:15:60Z',
    '2017-02-01T07:15:00+15:00',
    '0000-01-01T00:00:00Z',
    '2017-02-01t07:15:00z',
  ])('knows that %s is no instant', (text) => {
    expect(toInstant(text)).toBeNull();
  });

  it.each(['2013', '2013-03', '2013-03-11', '2012-02-29'])('takes %s as a date', (text) => {
    expect(isPartialDate(text)).toBe(true);
  });

  it.each(['', '13', '2013-13', '2013-3-1', '2013-02-29', '2013-00', '0000', '2013-03-11T00:00:00Z'])(
    'knows that "%s" is no date',
    (text) => {
      expect(isPartialDate(text)).toBe(false);
    },
  );
});
