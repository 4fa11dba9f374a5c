/** File systems of their own for tests that fill a disk. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Mounts one of so many bytes (`256m`). */
export const mount = (folder: string, size: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0711`, 'tmpfs', folder]).status === 0;
export const unmount = (folder: string): boolean => spawnSync('umount', [folder]).status === 0;

/** A file system can be mounted here: as root, outside of a container that forbids it. */
export function canMount(): boolean {
  if (process.platform !== 'linux') return false;
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-mount-'));
  try {
    return mount(folder, '1m') && unmount(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes a file until nothing more fits. */
export function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (let piece = Buffer.alloc(1 << 20); piece.length > 0;) {
      try {
        writeSync(file, piece);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        piece = piece.subarray(0, piece.length >> 1);
      }
    }
  } finally {
    closeSync(file);
  }
}
