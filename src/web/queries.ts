/**
 * The ready queries of the playground: `schema/operations/playground/*.graphql`. A file opens with comment lines:
 * its title, and optionally `persona: <name>` and `variables: <JSON>`; the rest is shown as it stands.
 */
import { readFile, readdir } from 'node:fs/promises';

export interface ReadyQuery {
  /** File name without extension; also orders them. */
  readonly name: string;
  readonly title: string;
  /** Who should ask it, or null. */
  readonly persona: string | null;
  /** JSON text; `"<new id>"` stands for a fresh UUID. Empty when it needs none. */
  readonly variables: string;
  readonly query: string;
}

const FOLDER = new URL('../../schema/operations/playground/', import.meta.url);

/** Reads one file's head. */
export function parseReadyQuery(name: string, text: string): ReadyQuery {
  const head: string[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('#')) break;
    head.push(line.slice(1).trim());
  }
  const fact = (key: string): string | undefined =>
    head
      .find((line) => line.startsWith(`${key}:`))
      ?.slice(key.length + 1)
      .trim();
  return {
    name,
    title: head[0] ?? name,
    persona: fact('persona') ?? null,
    variables: fact('variables') ?? '',
    query: text,
  };
}

let read: Promise<readonly ReadyQuery[]> | undefined;

async function readAll(): Promise<readonly ReadyQuery[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.graphql')).sort();
  return Promise.all(
    names.map(async (name) =>
      parseReadyQuery(name.replace(/\.graphql$/, ''), await readFile(new URL(name, FOLDER), 'utf8')),
    ),
  );
}

/** @returns every ready query, in the order of the file names; they ship with the package, so they are read once. */
export function readyQueries(): Promise<readonly ReadyQuery[]> {
  read ??= readAll();
  return read;
}
