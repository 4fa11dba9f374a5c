/** An example of each of the log's formats, with bytes and hashes made by another program from design/ledger.md. */
import {
  base64url,
  type BlockHeader,
  fromBase64url,
  type Leaf,
  type Opening,
  sha256,
  utf8,
} from '../../../src/ledger/core/index.js';

export const INSTITUTION = '0b7e4b0c-93f2-4a53-8f0e-5b6c5d9f0a01';
export const RECORD = '6f1d2c3b-4a59-4876-9b1c-2d3e4f506172';
export const TIME = '2026-11-22T12:00:00.000Z';

// The bytes and hashes below were made by another program (Python: hashlib, json), from design/ledger.md.
export const LEAF_TEXT =
  '{"block":4,"content":"43rizj7v1Qba_crcJRQX7RQXCmowgc-MO4XUffNXp80",' +
  '"fields":"38FvfziieThuus_rkHAedy7C5PMexSIN4dxLLUHxWP8","institution":"0b7e4b0c-93f2-4a53-8f0e-5b6c5d9f0a01",' +
  '"link":"AZzb33pTyJ195Sw2P3KNBNmzVp8NVfiMhbRqoPYAxGU","supersedes":7,"time":"2026-11-22T12:00:00.000Z","v":1}';
export const OPENING_TEXT =
  '{"actor":"6f1d2c3b-4a59-4876-9b1c-2d3e4f506172","by":{"entry":3,' +
  '"key":"glTDKakoUPbVOd03b0gW7idkUX2l4CNVFK9DMWRIDXo","mode":"delegated"},"detail":{"authority":[1,2]},' +
  '"op":"encounter.amend","part":0,"request":"0b7e4b0c-93f2-4a53-8f0e-5b6c5d9f0a01",' +
  `"signature":"e30.e30.${'A'.repeat(86)}",` +
  '"subject":{"id":"6f1d2c3b-4a59-4876-9b1c-2d3e4f506172","kind":"Encounter","version":2},' +
  '"threads":[{"id":"6f1d2c3b-4a59-4876-9b1c-2d3e4f506172","prev":7,"seq":2},' +
  '{"id":"0b7e4b0c-93f2-4a53-8f0e-5b6c5d9f0a01","prev":null,"seq":1}]}';
export const HEADER_TEXT =
  '{"first":8,"height":4,"previous":"FI3pxaekTRnlbNmuGlVL9nhHr7DFj24S-imsfd_KmUA",' +
  '"root":"RUNJ5CLwUpcZHq0T4h09tSDlq-9SBV5JZLgvshP1k6E","size":11,"time":"2026-11-22T12:00:00.000Z","v":1}';

export const leaf: Leaf = {
  v: 1,
  time: TIME,
  block: 4n,
  institution: INSTITUTION,
  supersedes: 7n,
  content: fromBase64url('43rizj7v1Qba_crcJRQX7RQXCmowgc-MO4XUffNXp80'),
  fields: fromBase64url('38FvfziieThuus_rkHAedy7C5PMexSIN4dxLLUHxWP8'),
  link: fromBase64url('AZzb33pTyJ195Sw2P3KNBNmzVp8NVfiMhbRqoPYAxGU'),
};
export const opening: Opening = {
  op: 'encounter.amend',
  actor: RECORD,
  by: { key: base64url(sha256(utf8('k'))), entry: 3n, mode: 'delegated' },
  subject: { kind: 'Encounter', id: RECORD, version: 2 },
  threads: [
    { id: RECORD, seq: 2n, prev: 7n },
    { id: INSTITUTION, seq: 1n, prev: null },
  ],
  request: INSTITUTION,
  part: 0,
  signature: `e30.e30.${'A'.repeat(86)}`,
  detail: { authority: [1, 2] },
};
export const header: BlockHeader = {
  v: 1,
  height: 4n,
  previous: sha256(utf8('p')),
  first: 8n,
  size: 11n,
  root: sha256(utf8('r')),
  time: TIME,
};
