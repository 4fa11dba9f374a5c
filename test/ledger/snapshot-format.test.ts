import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash, noteKey, type Opening, utf8 } from '../../src/ledger/core/index.js';
import type { KeyStep } from '../../src/ledger/key-history.js';
import { nativeHash, signingKeyOf, verifyingKeyOf } from '../../src/ledger/native.js';
import { thumbprint } from '../../src/ledger/core/index.js';
import { freezeState, readState } from '../../src/ledger/snapshot-format.js';
import { type Applied, TrustedState } from '../../src/ledger/trusted-state.js';

/** Some entries move their record to another list. */
const isMove = (pick: number): boolean => pick % 13 === 0;

/** An entry of any content: the state doesn't check what it applies. */
function applied(index: number, pick: number): Applied {
  const subject = {
    kind: ['Patient', 'Encounter', 'Report'][pick % 3]!,
    id: ID(pick % 97),
    version: 1 + (index % 5),
  };
  const publicKey = signingKeyOf(nativeHash(utf8(`key ${index}`))).publicKey;
  const key = {
    use: 'own',
    thumbprint: thumbprint(publicKey),
    publicKey,
    institution: ID(1),
    member: ID(2),
  } as const;
  const verifier = verifyingKeyOf(publicKey);
  const opening = {
    op: isMove(pick) ? 'patient.transfer' : 'form.publish',
    actor: ID(3),
    subject,
    threads: [{ id: ID(pick % 31), seq: BigInt(index + 1), prev: null }],
    request: ID(index),
    part: pick % 4,
    counters: pick % 11 === 0 ? [{ id: `subsidy/${pick}`, mac: nativeHash(utf8(`${pick}`)) }] : undefined,
    detail: isMove(pick) ? { moved: { from: ID(pick % 31), to: ID((pick + 1) % 31) } } : null,
  } as unknown as Opening;
  return {
    index: BigInt(index),
    leafHash: leafHash(utf8(`${index}/${pick}`), nativeHash),
    supersedes: index > 0 && pick % 2 === 0 ? BigInt(pick % index) : null,
    institution: pick % 5 === 0 ? null : ID(1),
    opening,
    keys: {
      registered:
        index % 40 === 7 ? [{ ...key, expires: null, entry: BigInt(index), revoked: null, verifier }] : [],
      revoked: [],
    },
    step: stepOf(index),
  };
}

/** Some entries change the deployment's keys. */
function stepOf(index: number): KeyStep | null {
  const origin = `log-${index}.example`;
  const from = BigInt(index + 1);
  if (index % 50 === 0)
    return { what: 'name', name: { from, origin, key: noteKey(origin, 1, nativeHash(utf8(origin))) } };
  if (index % 50 === 3) return { what: 'master', key: `m-${index}` };
  if (index % 50 === 4) return { what: 'custodian', custodian: ID(index % 3), number: index };
  return null;
}

const LIST_KEY = nativeHash(utf8('lists'));
const ID = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

function grow(state: TrustedState, picks: readonly number[]): void {
  for (const pick of picks) {
    const index = Number(state.size);
    state.applyEntry(applied(index, pick));
    if (pick % 3 === 0)
      state.applyHeader(nativeHash(utf8(`block ${index}`)), `2026-01-01T00:00:00.${pick % 9}00Z`);
  }
  state.applyHeader(nativeHash(utf8(`end ${state.size}`)), '2026-01-02T00:00:00.000Z');
}

/** All that can be asked of a state. */
function answers(state: TrustedState) {
  const ids = Array.from({ length: 100 }, (_, i) => ID(i));
  const kinds = ['Patient', 'Encounter', 'Report', 'Unknown'];
  const indexes = Array.from({ length: Number(state.size) }, (_, i) => BigInt(i));
  return {
    size: state.size,
    height: state.height,
    time: state.time,
    root: state.edge.root(),
    headers: indexes.map((i) => state.headers.at(Number(i))),
    tiles: indexes.map((i) => state.leaves.hashOfTile(Number(i))),
    tail: [...state.leaves.openTail()],
    subjects: kinds.flatMap((kind) => ids.map((id) => state.subject(kind, id))),
    threads: ids.map((id) => state.thread(id)),
    lists: kinds.flatMap((kind) => ids.map((id) => state.list(kind, id, state.size))),
    arrivals: ids.map((id) => state.arrivals.at(id)),
    moves: state.arrivals.length,
    superseded: indexes.map((i) => state.isSuperseded(i)),
    counters: [...state.allCounters()],
    names: state.names.all,
    namesAt: indexes.map((i) => state.names.nameAt(i)?.origin),
    master: state.names.masterKey(),
    wrapping: ids.map((id) => state.names.custodianKey(id)),
    keys: [...state.registry.all()].map(({ verifier: _, ...key }) => key),
    requests: indexes.map((i) =>
      [0, 1, 2, 3].map((part) =>
        [null, ID(1)].map((institution) =>
          state.hasRequest({ institution, member: ID(3), request: ID(Number(i)), part }),
        ),
      ),
    ),
  };
}

async function* source(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

const PICKS = fc.array(fc.nat(100_000), { minLength: 1, maxLength: 700 });

describe('a snapshot of the trusted state', () => {
  it('gives the same answers when it is read, and after both went on', () =>
    fc.assert(
      fc.asyncProperty(PICKS, PICKS, async (before, after) => {
        const state = new TrustedState(7, LIST_KEY);
        grow(state, before);
        const frozen = freezeState(state);
        const chunks = [...frozen.chunks()];
        frozen.release();
        const again = await readState(source(chunks), LIST_KEY);
        expect(answers(again)).toEqual(answers(state));
        grow(state, after);
        grow(again, after);
        expect(answers(again)).toEqual(answers(state));
      }),
      { numRuns: 20 },
    ));

  it('is of the moment when it was frozen, however the state grows while it is written', () =>
    fc.assert(
      fc.asyncProperty(PICKS, PICKS, async (before, after) => {
        const state = new TrustedState(9, LIST_KEY);
        grow(state, before);
        const then = answers(state);
        const frozen = freezeState(state);
        const chunks: Uint8Array[] = [];
        grow(state, after);
        for (const chunk of frozen.chunks()) {
          chunks.push(chunk);
          grow(state, after);
        }
        frozen.release();
        expect(answers(await readState(source(chunks), LIST_KEY))).toEqual(then);
      }),
      { numRuns: 20 },
    ));

  it('is refused when it is cut, longer, of another format or has other bytes', async () => {
    const state = new TrustedState(7, LIST_KEY);
    grow(state, [1, 2, 3, 4, 5]);
    const frozen = freezeState(state);
    const [bytes] = [...frozen.chunks()];
    frozen.release();
    const refused = { code: 'INTEGRITY_VIOLATION' };
    for (let length = 0; length < bytes!.length; length += 97)
      await expect(readState(source([bytes!.slice(0, length)]), LIST_KEY)).rejects.toMatchObject(refused);
    await expect(readState(source([bytes!, Uint8Array.of(0)]), LIST_KEY)).rejects.toMatchObject(refused);
    for (const at of [0, 17, 24, 25, 33]) {
      const changed = bytes!.slice();
      changed[at]! ^= 0x41;
      await expect(readState(source([changed]), LIST_KEY)).rejects.toMatchObject(refused);
    }
  });
});
