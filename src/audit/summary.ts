/** What operations of the deployment itself did, in a sentence for an auditor. The details were checked by the log. */
import {
  type JsonObject,
  thumbprint,
  type NoteKey,
  type Opening,
  parseNote,
  parseVkey,
} from '../ledger/core/index.js';

type Describe = (detail: JsonObject) => string;

const DESCRIBE: Readonly<Record<string, Describe>> = {
  'log.genesis': (detail) => `the log ${textOf(detail['origin'])} began`,
  'log.snapshot': (detail) => `a snapshot of the log at size ${textOf(detail['size'])} was taken`,
  'log.rotateKey': (detail) => {
    const [, from = '', to = ''] = parseNote(textOf(detail['rotation'])).text.split('\n');
    const name = (vkey: string): string => thumbprintOf(parseVkey(vkey));
    return `log key ${name(from)} was followed by ${name(to)}; both sign until the first is retired`;
  },
  'log.retireKey': (detail) => `log key ${listOf(detail['revokes'])} signs no more`,
  'log.rotateInstitution': (detail) =>
    `institution ${textOf(detail['institution'])} got another signing key in place of ${listOf(detail['revokes'])}, ` +
    `and wrapping key ${textOf(detail['wrapping'])}`,
  'log.rotateMaster': (detail) =>
    `master key ${textOf(detail['replaces'])} was followed by ${textOf(detail['master'])}`,
  'log.retireMaster': (detail) => `master key ${listOf(detail['retired'])} was destroyed`,
};

/** The sentence, or null for an operation that has none. */
export function summaryOf({ op, detail }: Pick<Opening, 'op' | 'detail'>): string | null {
  const describe = Object.hasOwn(DESCRIBE, op) ? DESCRIBE[op] : undefined;
  return describe === undefined || detail === null ? null : describe(detail);
}

function textOf(value: JsonObject[string] | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function listOf(value: JsonObject[string] | undefined): string {
  return Array.isArray(value) ? value.map(textOf).join(', ') : '';
}

function thumbprintOf({ publicKey }: NoteKey): string {
  return thumbprint(publicKey);
}
