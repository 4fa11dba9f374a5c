import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contentHash,
  eraseFields,
  fieldsRoot,
  openPlaintext,
  sealFields,
  sealPlaintext,
  type SealedHead,
} from '../../../src/ledger/core/index.js';

const head: SealedHead = {
  kind: 'Encounter',
  schema: 1,
  id: '00000000-0000-4000-8000-000000000009',
  version: 2,
  custodian: '00000000-0000-4000-8000-000000000001',
  patient: '00000000-0000-4000-8000-000000000002',
  jurisdiction: null,
  label: 'HIV',
  retention: null,
};

const name = fc.stringMatching(/^[a-z][A-Za-z0-9_]{0,8}$/);
const salt = (field: string) => new Uint8Array(16).fill(field.length + field.charCodeAt(0));

describe('erasing fields', () => {
  it('keeps the root over all fields, whichever are erased and in how many steps', () => {
    const records = fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), {
      minKeys: 1,
      maxKeys: 12,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(records, fc.infiniteStream(fc.boolean()), (values, coins) => {
        const json = JSON.parse(JSON.stringify(values)) as object;
        const sealed = sealPlaintext(head, json, salt);
        const { fields } = openPlaintext(sealed.plaintext);
        const picked = Object.keys(fields).filter(() => coins.next().value);
        const once = eraseFields(head, fields, new Set(picked));
        let steps = fields;
        for (const one of picked) steps = eraseFields(head, steps, new Set([one]));
        expect(steps).toEqual(once);
        const left = sealFields({ ...head, label: null }, once);
        expect(left.fields).toEqual(sealed.fields);
        expect(left.content).toEqual(contentHash(left.plaintext));
        const opened = openPlaintext(left.plaintext);
        expect(fieldsRoot(opened.head, opened.fields)).toEqual(sealed.fields);
        for (const [field, held] of Object.entries(opened.fields)) {
          expect('erased' in held).toBe(picked.includes(field));
          if ('value' in held) expect(held).toEqual(fields[field]);
        }
      }),
      { seed: 20261124, numRuns: 200 },
    );
  });

  it('writes the same bytes as sealing where nothing is erased', () => {
    const sealed = sealPlaintext(head, { note: 'x', cost: null }, salt);
    const { fields } = openPlaintext(sealed.plaintext);
    expect(sealFields(head, eraseFields(head, fields, new Set(['other'])))).toEqual(sealed);
  });

  it('leaves neither value nor salt behind', () => {
    const sealed = sealPlaintext(head, { note: 'Schweigepflicht', payer: 'p' }, salt);
    const { fields } = openPlaintext(sealed.plaintext);
    const text = new TextDecoder().decode(
      sealFields(head, eraseFields(head, fields, new Set(['note']))).plaintext,
    );
    expect(text).not.toContain('Schweigepflicht');
    expect(text).not.toContain(Buffer.from(salt('note')).toString('base64url'));
    expect(text).toContain('"note":{"h":"');
  });

  it('refuses names and heads that could not be read back', () => {
    const field = { salt: new Uint8Array(16), value: 1 };
    expect(() => sealFields(head, { 'no name': field })).toThrowError(/field names/);
    expect(() => sealFields({ ...head, id: 'none' }, { note: field })).toThrowError(/id/);
    expect(() => sealFields(head, { note: { erased: new Uint8Array(31) } })).toThrowError(/32 bytes/);
  });
});
