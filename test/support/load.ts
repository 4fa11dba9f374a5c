/**
 * A load of mutations that survives its server: each worker keeps the request it waits for and sends the same again
 * until it is answered. What was acknowledged is remembered with its receipt.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Api, type Data, intent, type Intent, type World } from './api.js';
import { sampleEncounters, samplePatient } from '../../src/cli/sample/data.js';

/** An accepted mutation: its request, and the positions that its receipt names. */
export interface Acknowledged {
  readonly intent: Intent;
  readonly indexes: readonly number[];
}

/** What one worker does, one mutation after the other; each yield gets the payload of what was sent. */
type Script = Generator<Intent, void, Data>;

const RECEIPT = 'receipt { index } repeated';

function idOf(payload: Data, record: string): string {
  return (payload[record] as { id: string }).id;
}

/** A patient's file at one hospital, and a subsidy to it, over and over. */
function* script(place: 'city' | 'north', { [place]: payee }: World, programme: string): Script {
  const persona = `registrar.${place}`;
  for (let number = 0; ; number += 1) {
    const identifiers = [{ system: 'https://load.invalid', value: randomUUID() }];
    const person = { ...samplePatient(number), identifiers };
    const registered = yield intent(persona, 'registerPatient', person, `patient { id } ${RECEIPT}`);
    const patient = idOf(registered, 'patient');
    const encounters = sampleEncounters(patient, number, 3).map(({ identifier: _own, ...rest }) => rest);
    yield intent(
      persona,
      'recordEncounters',
      { encounters, mode: 'ALL' },
      'receipts { index } refused { code }',
    );
    yield intent(
      persona,
      'amendPatient',
      { patient, expectedVersion: 1, maritalStatus: { display: 'Married' } },
      RECEIPT,
    );
    const wish = { programme, payee, amount: { amount: 100 + number, currency: 'EUR' }, purpose: 'Beds' };
    const proposed = yield intent('regulator.one', 'proposeSubsidy', wish, `subsidy { id } ${RECEIPT}`);
    const step = { subsidy: idOf(proposed, 'subsidy'), expectedVersion: 1 };
    yield intent('regulator.two', 'approveSubsidy', step, RECEIPT);
  }
}

/** The positions in a payload, whether it has one receipt or several. */
export function indexesOf(payload: Data): number[] {
  const { receipt, receipts } = payload as { receipt?: { index: string }; receipts?: { index: string }[] };
  return [...(receipts ?? []), ...(receipt === undefined ? [] : [receipt])].map(({ index }) => Number(index));
}

interface Worker {
  readonly script: Script;
  open: Intent;
  /** It was told no and goes no further. */
  refused: boolean;
}

export class Load {
  readonly acknowledged: Acknowledged[] = [];
  /** Answers that are neither an acknowledgement nor a wish to be asked again: there may be none. */
  readonly refusals: string[] = [];
  /** Requests that got no final answer and were sent again. */
  lost = 0;
  readonly #workers: Worker[];
  #running = false;
  #done: Promise<unknown> = Promise.resolve();

  constructor(workers: number, world: World, programme: string) {
    this.#workers = Array.from({ length: workers }, (_, number) => {
      const one = script(number % 2 === 0 ? 'city' : 'north', world, programme);
      return { script: one, open: one.next().value as Intent, refused: false };
    });
  }

  /** Sends until it is stopped. Each worker asks the server that `api` gives it, anew for each mutation. */
  start(api: (worker: number) => Api): void {
    this.#running = true;
    this.#done = Promise.all(this.#workers.map((worker, number) => this.#work(worker, () => api(number))));
  }

  /** Takes nothing new and returns when the open requests were answered or lost. */
  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
  }

  /** Sends what is open until each has its acknowledgement: what a client does after its server came back. */
  async settle(api: (worker: number) => Api): Promise<void> {
    await Promise.all(
      this.#workers.map(async (worker, number) => {
        while (!(await this.#send(worker, api(number)))) await pause(50);
      }),
    );
  }

  async #work(worker: Worker, api: () => Api): Promise<void> {
    while (this.#running && !worker.refused) if (!(await this.#send(worker, api()))) await pause(20);
  }

  /** @returns whether it was answered for good. */
  async #send(worker: Worker, api: Api): Promise<boolean> {
    const reply = await api.send(worker.open);
    if (reply.lost) {
      this.lost += 1;
      return false;
    }
    if (reply.payload === null || reply.errors.length > 0) {
      this.refusals.push(`${worker.open.name}: ${JSON.stringify(reply.errors)}`);
      worker.refused = true;
      return true;
    }
    this.acknowledged.push({ intent: worker.open, indexes: indexesOf(reply.payload) });
    worker.open = worker.script.next(reply.payload).value as Intent;
    return true;
  }
}
