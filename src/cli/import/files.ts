/** Finds the files of an import. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RefusedItem } from './options.js';

export interface FoundFiles {
  readonly files: readonly string[];
  readonly refused: readonly RefusedItem[];
}

/** All `.json` files under the paths, each once; a file that is named itself may be called anything. */
export function findFiles(paths: readonly string[]): FoundFiles {
  const files = new Set<string>();
  const refused: RefusedItem[] = [];
  for (const path of paths) {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) {
      refused.push({ file: path, path: '', message: 'expected a file or a folder, found nothing' });
    } else if (stats.isDirectory()) {
      const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
      for (const name of names) if (name.endsWith('.json') && !isHidden(name)) files.add(join(path, name));
    } else {
      files.add(path);
    }
  }
  return { files: [...files], refused };
}

function isHidden(name: string): boolean {
  return name.split(/[/\\]/).some((part) => part.startsWith('.'));
}
