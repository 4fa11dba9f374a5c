/**
 * What a backup says of itself: `manifest.json` (format: schema/disaster.md, "The files of a backup"). It comes from a
 * medium that others may have had in hand, so it is parsed strictly and every name in it is one that could be ours.
 */
import { z } from 'zod';
import { VitrineError } from '../../ledger/core/error.js';

/** Raised with every change that an older program couldn't restore. */
export const BACKUP_FORMAT = 1;

const count = z.string().regex(/^(?:0|[1-9][0-9]{0,18})$/, 'expected a number in decimal');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hexadecimal');
const name = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'expected the name of a table or column');

const manifestShape = z.strictObject({
  vitrine: z.literal('backup'),
  format: z.literal(BACKUP_FORMAT),
  /** When the snapshot was taken. */
  time: z.iso.datetime(),
  /** The tables' form: what was applied to make them. */
  migrations: z.array(z.strictObject({ name: z.string().regex(/^[0-9A-Za-z_]{1,200}$/), checksum: sha256 })),
  log: z.strictObject({
    origin: z.string().min(1).max(200),
    /** Entries in the backup, and the RFC 6962 root of them in base64. */
    size: count,
    root: z.base64(),
    /** The newest signed checkpoint in it, of this size or a little less. */
    checkpoint: z.string().min(1),
  }),
  tables: z.array(
    z.strictObject({
      name,
      /** Below the backup's folder: `tables/<name>.jsonl.gz`. */
      file: z.string().regex(/^tables\/[a-z0-9_]{1,63}\.jsonl\.gz$/),
      columns: z.array(name).min(1),
      rows: count,
      bytes: count,
      /** Of the file as it lies there. */
      sha256,
    }),
  ),
});

export type Manifest = z.infer<typeof manifestShape>;
export type TableFile = Manifest['tables'][number];

/** Says of text that it is a manifest, and of the format that this program restores. */
export function parseManifest(text: string): Manifest {
  const value = parseJson(text);
  const claim = z.object({ vitrine: z.literal('backup'), format: z.int() }).safeParse(value);
  if (!claim.success)
    throw new VitrineError('BAD_USER_INPUT', "manifest.json isn't the manifest of a backup");
  const { format } = claim.data;
  if (format > BACKUP_FORMAT) {
    throw new VitrineError(
      'BAD_USER_INPUT',
      `the backup has format ${format}, this program restores up to ${BACKUP_FORMAT}: use a newer one`,
    );
  }
  const parsed = manifestShape.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new VitrineError(
    'INTEGRITY_VIOLATION',
    `manifest.json is damaged: ${where}: ${issue?.message ?? ''}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
