/**
 * The playground's scripts and styles: GraphiQL, its editor's workers, and our own script. All of them come out of
 * packages on this machine; a page that loads from elsewhere would fail in a closed network and tell others who looks.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { playgroundStyle } from './style.js';
import type * as Graphiql from '@graphql-yoga/render-graphiql/graphiql';

export interface Asset {
  readonly type: string;
  readonly body: string;
  /** Changes when the body does. */
  readonly etag: string;
  /** The body, compressed once. */
  readonly zipped: () => Promise<Buffer>;
}

const compress = promisify(gzip);
const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';

/** GraphiQL is 9 MB of text: it is loaded when somebody opens the playground for the first time. */
const graphiql = (): Promise<typeof Graphiql> => import('@graphql-yoga/render-graphiql/graphiql');

/** A script of ours as the compiler left it: beside this file, or in `dist` when this file runs from its source. */
async function own(name: string): Promise<string> {
  const beside = new URL(`./${name}`, import.meta.url);
  const built = new URL(`../../dist/web/${name}`, import.meta.url);
  const text = await readFile(beside, 'utf8').catch(() => readFile(built, 'utf8'));
  return text
    .replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n')
    .replaceAll("'../client/dpop.js'", "'./dpop.js'");
}

const SOURCES: Readonly<Record<string, { type: string; load: () => Promise<string> }>> = {
  'client.js': { type: SCRIPT, load: () => own('client.js') },
  // The client library's own, which imports nothing.
  'dpop.js': { type: SCRIPT, load: () => own('../client/dpop.js') },
  'fetcher.js': { type: SCRIPT, load: () => own('fetcher.js') },
  'fill.js': { type: SCRIPT, load: () => own('fill.js') },
  'pages.js': { type: SCRIPT, load: () => own('pages.js') },
  'identity.js': { type: SCRIPT, load: () => own('identity.js') },
  'key.js': { type: SCRIPT, load: () => own('key.js') },
  'operations.js': { type: SCRIPT, load: () => own('operations.js') },
  'graphiql.js': { type: SCRIPT, load: async () => (await graphiql()).js },
  'editor.worker.js': { type: SCRIPT, load: async () => (await graphiql()).editorWorkerService },
  'json.worker.js': { type: SCRIPT, load: async () => (await graphiql()).jsonWorker },
  'graphql.worker.js': { type: SCRIPT, load: async () => (await graphiql()).graphqlWorker },
  'graphiql.css': { type: STYLE, load: async () => (await graphiql()).css },
  'playground.css': { type: STYLE, load: () => Promise.resolve(playgroundStyle) },
};

const made = new Map<string, Promise<Asset>>();

async function make(type: string, load: () => Promise<string>): Promise<Asset> {
  const body = await load();
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  let zipped: Promise<Buffer> | undefined;
  return { type, body, etag, zipped: () => (zipped ??= compress(body)) };
}

/** @returns the asset of that file name, or null when there is none. */
export async function playgroundAsset(name: string): Promise<Asset | null> {
  const source = Object.hasOwn(SOURCES, name) ? SOURCES[name] : undefined;
  if (!source) return null;
  let asset = made.get(name);
  if (!asset) {
    asset = make(source.type, source.load);
    made.set(name, asset);
    // A failure (a build under way) must not be remembered.
    asset.catch(() => made.delete(name));
  }
  return asset;
}
