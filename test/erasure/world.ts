/** What the tests of holds and erasures ask of a running server. */
import { randomUUID } from 'node:crypto';
import type { Answer, TestVitrine } from '../support/vitrine.js';

export interface Held {
  readonly id: string;
  readonly state: string;
  readonly recordId: string;
  readonly reason: string;
  readonly releaseReason: string | null;
  readonly version: number;
}

const HELD = '... on Hold { id state recordId reason releaseReason version }';

export type Holding = 'placeHold' | 'releaseHold';

/** Places or releases a hold on an encounter, unless `input` says another. */
export function holding(
  vitrine: TestVitrine,
  who: string | null,
  name: Holding,
  input: Readonly<Record<string, unknown>>,
): Promise<Answer<Readonly<Record<Holding, { readonly repeated: boolean; readonly record: Held | null }>>>> {
  return vitrine.ask(
    who,
    `mutation ($input: HoldInput!) { ${name}(input: $input) { repeated receipt { index } record { ${HELD} } } }`,
    { input: { requestId: randomUUID(), kind: 'ENCOUNTER', reason: 'A court asks for it', ...input } },
  );
}
