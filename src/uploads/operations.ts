/**
 * The operations that members do, each declared once by its domain: its services make changes with the declaration, and
 * what only looks at a statement (a request for permission) finds there who may.
 */
import { VitrineError } from '../ledger/core/index.js';
import type { Permission } from './change.js';

/** One operation: fits a change's terms by spreading. */
export interface Operation {
  /** `<noun>.<verb>`, as entries and statements name it. */
  readonly op: string;
  /** Name of the record kind whose versions it makes. */
  readonly makes: string;
  /** The mutations that do it, where it isn't the one that is named like it: `patient.register`, `registerPatient`. */
  readonly mutations?: readonly string[];
  readonly permission: Permission;
  /** Who else may, where that depends on the record or on the caller. */
  readonly others?: readonly Permission[];
  /** The finer situation of a new version, as far as the values of the one before tell; undefined: the operation itself. */
  readonly situationOf?: (base: object, today: string) => string | undefined;
  /** Who must approve follows from the change, and a statement doesn't say it: the mutation asks, `requestUpload` can't. */
  readonly asksItself?: true;
  /** The uploader's institution must hold an active licence. */
  readonly licensed: boolean;
}

/** Every operation of a deployment, by name. Built once at start from what the domains export. */
export class Operations {
  readonly #byName = new Map<string, Operation>();

  constructor(operations: readonly Operation[]) {
    for (const operation of operations) {
      if (this.#byName.has(operation.op)) throw new Error(`operation ${operation.op} is declared twice`);
      this.#byName.set(operation.op, operation);
    }
  }

  get all(): readonly Operation[] {
    return [...this.#byName.values()];
  }

  find(op: string): Operation | undefined {
    return this.#byName.get(op);
  }

  /** What a mutation does: one operation, nearly always. */
  doneBy(mutation: string): readonly Operation[] {
    return this.all.filter((operation) => mutationsOf(operation).includes(mutation));
  }

  /** @throws VitrineError INTERNAL when no operation has this name */
  require(op: string): Operation {
    const operation = this.#byName.get(op);
    if (operation === undefined) throw new VitrineError('INTERNAL', `no operation is named ${op}`);
    return operation;
  }
}

/** Names of the mutations that do an operation. */
export function mutationsOf({ op, mutations }: Operation): readonly string[] {
  const [noun = '', verb = ''] = op.split('.');
  return mutations ?? [`${verb}${noun.charAt(0).toUpperCase()}${noun.slice(1)}`];
}

/** Everyone who may do an operation. */
export function permissionsOf({ permission, others = [] }: Operation): readonly Permission[] {
  return [permission, ...others];
}
