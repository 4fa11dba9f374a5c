/** What doesn't hold about the log: what, and where. */
import { VitrineError } from './core/index.js';

export const FINDINGS = [
  'head',
  'block',
  'root',
  'checkpoint',
  'cosignature',
  'pin',
  'leaf',
  'opening',
  'link',
  'signature',
  'subject',
  'supersedes',
  'thread',
  'keys',
  'columns',
  'request',
  'counter',
  'snapshot',
] as const;

export interface Finding {
  readonly what: (typeof FINDINGS)[number];
  /** One lowercase fact: what was expected and what came. Never a value of a record. */
  readonly message: string;
  /** The entry it is about, or null. */
  readonly index: bigint | null;
  /** Height of the block it is about, or null. */
  readonly block: bigint | null;
}

/** Takes a finding. The trusted log throws on the first one; an audit collects them and goes on. */
export type Report = (finding: Finding) => void;

/** The error that a finding is for whoever met it. */
export function violationOf(finding: Finding): VitrineError {
  const { what, message, index, block } = finding;
  const where = index !== null ? `entry ${index}` : block !== null ? `block ${block}` : 'log';
  return new VitrineError('INTEGRITY_VIOLATION', `${where}: ${what}: ${message}`, {
    details: {
      what,
      ...(index !== null && { index: index.toString() }),
      ...(block !== null && { block: block.toString() }),
    },
  });
}

/** The message of whatever was thrown, to put into a finding. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
