import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  fromBase64,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from '../../../src/ledger/core/index.js';
import { jsonFiles, readJson, refusal, vectors } from './support.js';

interface Range {
  readonly start: number;
  readonly end: number;
  readonly proof: string[] | null;
  readonly wantErr: boolean;
}

describe('the shared Merkle vectors of subtrees', () => {
  it('hold for inclusion proofs, right and wrong', (context) => {
    const files = jsonFiles(join(vectors(context, 'merkle'), 'subtreeinclusion'));
    expect(files.length).toBeGreaterThan(50);
    for (const file of files) {
      const vector = readJson<Range & { leafIdx: number; root: string; leafHash: string }>(file);
      const subtree = { ...bounds(vector), root: bytes(vector.root) };
      const leaf = { index: BigInt(vector.leafIdx), leafHash: bytes(vector.leafHash) };
      const code = refusal(() => verifySubtreeInclusion(subtree, leaf, path(vector)));
      expect(code, file).toBe(vector.wantErr ? 'INTEGRITY_VIOLATION' : undefined);
    }
  });

  it('hold for consistency proofs, right and wrong', (context) => {
    const files = jsonFiles(join(vectors(context, 'merkle'), 'subtreeconsistency'));
    expect(files.length).toBeGreaterThan(50);
    for (const file of files) {
      const vector = readJson<Range & { size: number; root1: string; root2: string }>(file);
      const subtree = { ...bounds(vector), root: bytes(vector.root1) };
      const tree = { size: BigInt(vector.size), root: bytes(vector.root2) };
      const code = refusal(() => verifySubtreeConsistency(subtree, tree, path(vector)));
      expect(code, file).toBe(vector.wantErr ? 'INTEGRITY_VIOLATION' : undefined);
    }
  });
});

const bytes = (text: string | null): Uint8Array => fromBase64(text ?? '');
const path = ({ proof }: Range) => (proof ?? []).map(fromBase64);
const bounds = ({ start, end }: Range) => ({ start: BigInt(start), end: BigInt(end) });
