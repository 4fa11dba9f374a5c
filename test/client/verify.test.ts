/** The offline verification of the client: it runs without Node, and on the example that the documents give. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import ts from 'typescript';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { verifyBundle } from '../../src/client/index.js';

const ROOT = resolve(import.meta.dirname, '../..');
/** Packages that run in browsers. */
const BROWSER_SAFE =
  /^(?:@noble\/(?:curves|hashes)\/|graphql(?:-ws\/client)?$|@graphql-typed-document-node\/core$|uuid$|zod$)/;

/** Everything that a module imports, over all its own files. */
function packagesBehind(entry: string): ReadonlySet<string> {
  const [packages, seen, waiting] = [new Set<string>(), new Set<string>(), [entry]];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const { fileName } of ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles) {
      if (fileName.startsWith('.')) waiting.push(resolve(dirname(file), fileName.replace(/\.js$/, '.ts')));
      else packages.add(fileName);
    }
  }
  expect(seen.size).toBeGreaterThan(20);
  return packages;
}

/** The example of schema/ledger.md, with its line breaks taken out, and its policy. */
function example(): { bundle: string; policy: string } {
  const section = readFileSync(`${ROOT}/schema/ledger.md`, 'utf8').split('\n## Proof bundle\n')[1] ?? '';
  const [, json = ''] = /```json\n([\s\S]*?)\n```/.exec(section) ?? [];
  const [, policy = ''] = /under the policy\n\n```\n([\s\S]*?)```/.exec(section) ?? [];
  return { bundle: json.replaceAll('\n', ''), policy };
}

afterEach(() => vi.unstubAllGlobals());

describe('the client’s verification', () => {
  it('imports nothing of Node, however deep', () => {
    const packages = packagesBehind(`${ROOT}/src/client/index.ts`);
    for (const name of packages) expect(name).toMatch(BROWSER_SAFE);
    expect([...packages].some((name) => name.startsWith('@noble/curves'))).toBe(true);
  });

  it('holds the example of the documents, where Node’s globals are missing', () => {
    const { bundle, policy } = example();
    vi.stubGlobal('Buffer', undefined);
    vi.stubGlobal('process', undefined);
    const { fields, head, cosigned } = verifyBundle(bundle, policy);
    vi.unstubAllGlobals();
    expect(fields).toEqual({ class: 'AMB' });
    expect(head).toMatchObject({ kind: 'Encounter', version: 2 });
    expect(cosigned.map(({ name }) => name)).toEqual(['north', 'south']);
  });
});
