import { describe, expect, it } from 'vitest';
import { nameMatches, searchForms, wordsOf } from '../../src/clinical/name-search.js';
import { certainlyBefore } from '../../src/documents/index.js';
import { humanName } from '../../src/documents/index.js';

const names = [humanName.parse({ family: 'García-Márquez', given: ['José'], prefix: 'Dr.' })];

describe('search by name', () => {
  it.each([
    ['José  MARQUEZ', ['jose', 'marquez']],
    ['Ｆｕｌｌ', ['full']],
    ['张无忌', ['张无忌']],
    ['%_*', []],
  ])('brings %s into search form', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it.each([
    ['jose', true],
    ['jos garc', true],
    ['marque', true],
    ['marquez', true],
    ['marqu josé', true],
    ['jo', false],
    ['arquez', false],
    ['dr', false],
    ['jose smith', false],
  ])('finds by %s: %s', (text, found) => {
    expect(nameMatches(names, wordsOf(text))).toBe(found);
  });

  it('keeps a bound on the words of one patient', () => {
    const many = humanName.parse({
      text: Array.from({ length: 90 }, (_, i) => `w${i}x`)
        .join(' ')
        .slice(0, 300),
    });
    expect(searchForms(Array.from({ length: 16 }, () => many)).length).toBeLessThanOrEqual(128);
  });
});

describe('partial dates', () => {
  it.each([
    ['1980', '1981', true],
    ['1980', '1980-05', false],
    ['1980-05', '1980', false],
    ['1980-04', '1980-05-01', true],
    ['2020-05-01T13:00:00.000Z', '2020-05-02', false],
    ['2020-05-01T09:00:00.000Z', '2020-05-02', true],
    ['2020-05-02', '2020-05-03T11:00:00.000Z', false],
    ['2020-05-02', '2020-05-03T13:00:00.000Z', true],
  ])('%s is certainly before %s: %s', (first, second, before) => {
    expect(certainlyBefore(first, second)).toBe(before);
  });
});
