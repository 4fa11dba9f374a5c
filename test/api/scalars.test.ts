import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { parseValue } from 'graphql';
import {
  Base64Scalar,
  BigIntScalar,
  DateScalar,
  DateTimeScalar,
  HashScalar,
  PartialDateScalar,
  UuidScalar,
} from '../../src/api/index.js';

const badInput = expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } });

describe('scalars', () => {
  it.each([
    [UuidScalar, '01890A5D-AC96-774B-BCCE-B302099A8057', '01890a5d-ac96-774b-bcce-b302099a8057'],
    [DateScalar, '2024-02-29', '2024-02-29'],
    [PartialDateScalar, '1950', '1950'],
    [PartialDateScalar, '1950-11', '1950-11'],
    [PartialDateScalar, '1950-11-30', '1950-11-30'],
    [DateTimeScalar, '2026-01-31T08:30:00Z', '2026-01-31T08:30:00.000Z'],
    [DateTimeScalar, '2026-01-01T01:30:00.5+02:00', '2025-12-31T23:30:00.500Z'],
    [HashScalar, 'ab'.repeat(32), 'ab'.repeat(32)],
    [BigIntScalar, '-9223372036854775808', -(2n ** 63n)],
    [BigIntScalar, '9223372036854775807', 2n ** 63n - 1n],
    [BigIntScalar, 12, 12n],
    [Base64Scalar, 'AQI=', Uint8Array.of(1, 2)],
  ])('%s takes %j in its one form', (scalar, input, expected) => {
    expect(scalar.parseValue(input)).toEqual(expected);
    expect(scalar.parseLiteral(parseValue(JSON.stringify(input)), {})).toEqual(expected);
  });

  it.each([
    [UuidScalar, '01890a5dac96774bbcceb302099a8057'],
    [UuidScalar, ''],
    [UuidScalar, 1],
    [DateScalar, '2023-02-29'],
    [DateScalar, '2023-13-01'],
    [DateScalar, '2023-1-1'],
    [DateScalar, '0000-01-01'],
    [DateScalar, '2023-01-01 '],
    [DateScalar, 20230101],
    [PartialDateScalar, '1950-13'],
    [PartialDateScalar, '195'],
    [PartialDateScalar, '1950-02-30'],
    [DateTimeScalar, '2026-01-31T08:30:00'],
    [DateTimeScalar, '2026-02-30T08:30:00Z'],
    [DateTimeScalar, '2026-01-31T24:00:00Z'],
    [DateTimeScalar, '2026-01-31T23:59:60Z'],
    [DateTimeScalar, '2026-01-31T08:30:00.0001Z'],
    [DateTimeScalar, '2026-01-31T08:30:00+24:00'],
    [DateTimeScalar, '9999-12-31T23:30:00-01:00'],
    [DateTimeScalar, '2026-01-31'],
    [HashScalar, 'AB'.repeat(32)],
    [BigIntScalar, '9223372036854775808'],
    [BigIntScalar, '-9223372036854775809'],
    [BigIntScalar, '01'],
    [BigIntScalar, '-0'],
    [BigIntScalar, '1e3'],
    [BigIntScalar, 1.5],
    [BigIntScalar, true],
    [BigIntScalar, null],
    [Base64Scalar, 'AQI'],
    [Base64Scalar, 'AQJ='],
    [Base64Scalar, 'A Q='],
  ])('%s refuses %j without repeating it', (scalar, input) => {
    expect(() => scalar.parseValue(input)).toThrow(badInput);
    expect(() => scalar.parseLiteral(parseValue(JSON.stringify(input)), {})).toThrow(badInput);
    const text = String(input);
    if (text.length > 6) expect(() => scalar.parseValue(input)).not.toThrow(text);
  });

  it('refuse a number that JSON may have rounded, and take the same digits in a query', () => {
    expect(() => BigIntScalar.parseValue(2 ** 53)).toThrow(badInput);
    expect(BigIntScalar.parseLiteral(parseValue('9007199254740993'), {})).toBe(2n ** 53n + 1n);
  });

  it('write what they were given in the wire form', () => {
    expect(BigIntScalar.serialize(2n ** 60n)).toBe((2n ** 60n).toString());
    expect(BigIntScalar.serialize('7')).toBe('7');
    expect(Base64Scalar.serialize(Uint8Array.of(255))).toBe('/w==');
    expect(HashScalar.serialize(new Uint8Array(32))).toBe('00'.repeat(32));
    expect(DateTimeScalar.serialize(new Date(0))).toBe('1970-01-01T00:00:00.000Z');
  });

  it('take back every moment and every number that they write', () => {
    const years = {
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    };
    fc.assert(
      fc.property(
        fc.date(years),
        (date) => DateTimeScalar.parseValue(DateTimeScalar.serialize(date)) === date.toISOString(),
      ),
    );
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        (number) => BigIntScalar.parseValue(BigIntScalar.serialize(number)) === number,
      ),
    );
  });
});
