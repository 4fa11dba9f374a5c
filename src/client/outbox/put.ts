/** What is put in, as it is kept: with its ids, and with what it has to wait for. */
import { v4, v7 } from 'uuid';
import { VitrineError, type JsonObject } from '../../ledger/core/index.js';
import { asJson, type StoredItem } from './item.js';
import {
  ASKING,
  changedBy,
  isOperation,
  threadsOf,
  type NewInput,
  type OperationName,
} from './operations.js';
import { isOpen } from './plan.js';
import type { Shelf } from './shelf.js';

/** How an item is put in. */
export interface PutOptions {
  /** Its id, a UUID; putting the same in again changes nothing. Default: a new one. */
  readonly id?: string;
  /** Its threads. Default: the record that it changes and the patients that it is about; none: no order. */
  readonly threads?: readonly string[];
  /** Ids of items that must be accepted before it. Default: the open item that changes the same record before it. */
  readonly after?: readonly string[];
}

/** One of several to put in: a mutation's name and its input, `requestId` left out or given. */
export type NewItem = {
  readonly [N in OperationName]: PutOptions & { readonly operation: N; readonly input: NewInput<N> };
}[OperationName];

/** What stands there, and what was made in the same call. */
interface Around {
  readonly shelf: Shelf;
  readonly made: StoredItem[];
  readonly now: Date;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Makes an item and adds it to `made`, unless its id is there already. Gives its id. */
export function makeItem(given: NewItem, around: Around): string {
  const { operation, input, id = v7(), threads, after } = given;
  const { shelf, made, now } = around;
  if (shelf.item(id) !== undefined || made.some((item) => item.id === id)) return id;
  if (!UUID.test(id)) throw bad('expected a UUID as the id of an item', ['id']);
  if (!isOperation(operation)) throw bad('expected the name of a mutation', ['operation']);
  const whole: JsonObject = { ...asJson(input), requestId: input.requestId ?? v4() };
  const asked = askedFor(operation, whole['requestId'], around);
  requireThere(after ?? [], around);
  made.push({
    id,
    number: shelf.nextNumber(),
    operation,
    input: whole,
    threads: [...(threads ?? threadsOf(operation, whole))],
    after: [...new Set([...(after ?? before(changedBy(operation, whole), around)), ...asked])],
    putAt: now.toISOString(),
    state: 'WAITING',
    sending: null,
    alone: false,
    receipts: [],
    record: null,
    refusals: [],
    pending: null,
    settledAt: null,
  });
  return id;
}

/**
 * The item that asks for permission under the same request id, which comes first; no other has the id.
 * @throws VitrineError BAD_USER_INPUT, CONFLICT
 */
function askedFor(operation: OperationName, requestId: unknown, { shelf, made }: Around): string[] {
  const path = ['input', 'requestId'];
  if (typeof requestId !== 'string' || !UUID.test(requestId)) throw bad('expected a UUID', path);
  const others = [...made, ...shelf.items].filter(({ input }) => input?.['requestId'] === requestId);
  const other = others.find((item) => operation === ASKING || item.operation !== ASKING);
  if (other !== undefined)
    throw new VitrineError('CONFLICT', `item ${other.id} has this requestId already`, { path });
  return others.map(({ id }) => id);
}

function requireThere(ids: readonly string[], { shelf, made }: Around): void {
  for (const one of ids)
    if (shelf.item(one) === undefined && !made.some((item) => item.id === one))
      throw new VitrineError('NOT_FOUND', `no item ${one}, after which it was to be sent`, {
        path: ['after'],
      });
}

/** The open item that changes a record before the one that is put in: a change builds on the version before. */
function before(record: string | null, { shelf, made }: Around): string[] {
  if (record === null) return [];
  const last = [...shelf.items, ...made].findLast(
    (item) => isOpen(item) && item.input !== null && changedBy(item.operation, item.input) === record,
  );
  return last === undefined ? [] : [last.id];
}

function bad(message: string, path: readonly string[]): VitrineError {
  return new VitrineError('BAD_USER_INPUT', message, { path });
}
