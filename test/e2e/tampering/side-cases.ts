/** Changes of the tables beside the records that only an audit reads whole. */
import { randomUUID } from 'node:crypto';
import type { Case } from './cases.js';

export const SIDE: readonly Case[] = [
  {
    name: 'a unique key removed',
    forge: (w) => [`DELETE FROM unique_key WHERE subject = '${w.patient}'`],
    finding: (w) => ({
      what: 'its unique key in patient.identifier is missing',
      where: `Patient ${w.patient}`,
    }),
  },
  {
    name: 'a unique key of nobody',
    forge: () => [
      `INSERT INTO unique_key SELECT scope, 'ff', key_id, kind, '${randomUUID()}', entry FROM unique_key LIMIT 1`,
    ],
    finding: () => ({ what: 'of a record that is not there', where: '' }),
  },
  {
    name: 'a unique key of a kind that there is none of',
    forge: (w) => [`UPDATE unique_key SET kind = 'Nothing' WHERE subject = '${w.patient}'`],
    finding: () => ({ what: 'belongs to nothing on the log', where: 'unique key in patient.identifier' }),
  },
  {
    name: 'a search word removed',
    forge: (w) => [`DELETE FROM search_word WHERE subject = '${w.patient}'`],
    finding: (w) => ({ what: 'its search word in', where: `Patient ${w.patient}` }),
  },
  {
    name: 'a search word repointed',
    forge: (w) => [
      `UPDATE search_word SET subject = '${w.other}' WHERE subject = '${w.patient}'
         AND NOT EXISTS (SELECT FROM search_word o WHERE o.subject = '${w.other}' AND o.word = search_word.word)`,
    ],
    finding: (w) => ({ what: 'that it does not have', where: `Patient ${w.other}` }),
  },
  {
    name: 'a role given by a search word',
    forge: (w) => [
      `INSERT INTO search_word SELECT scope, word, key_id, kind, '${w.suspended}', entry FROM search_word
         WHERE scope = 'member.role' AND subject = (SELECT m.id FROM member m JOIN search_word r ON r.subject = m.id
           WHERE r.word NOT IN (SELECT word FROM search_word WHERE subject = '${w.suspended}') LIMIT 1)`,
    ],
    finding: (w) => ({
      what: 'a search word in member.role that it does not have',
      where: `Member ${w.suspended}`,
    }),
  },
  {
    name: 'a place on a thread changed',
    forge: (w) => [`UPDATE thread_entry SET seq = seq + 1000 WHERE entry = ${w.second}`],
    finding: (w) => ({ what: 'thread', where: `entry ${w.second}`, entry: w.second }),
  },
  {
    name: 'a place on a thread removed',
    forge: (w) => [`DELETE FROM thread_entry WHERE entry = ${w.second} AND thread = '${w.patient}'`],
    finding: (w) => ({ what: 'thread', where: `entry ${w.second}`, entry: w.second }),
  },
  {
    name: "an institution's signing key removed",
    forge: (w) => [`DELETE FROM signing_key WHERE institution = '${w.city}'`],
    finding: () => ({ what: 'keys', where: 'entry' }),
  },
  {
    name: "an institution's signing key changed",
    forge: (w) => [
      `UPDATE signing_key SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) WHERE institution = '${w.city}'`,
    ],
    finding: () => ({ what: 'keys', where: 'entry' }),
  },
];
