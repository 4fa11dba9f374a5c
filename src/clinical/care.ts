/** What all writing of care has in common. */
import type { RequestContext } from '../api/index.js';
import { parseInput } from '../api/index.js';
import type { InputPath } from '../ledger/core/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { Unrelated } from '../records/index.js';
import { careLabel, careRetention } from '../documents/index.js';
import type { Permission } from '../uploads/index.js';

/** Care is written by clinicians and registrars of the institution whose record it is. */
export const BY_CUSTODIAN: Permission = { roles: ['CLINICIAN', 'REGISTRAR'], relations: ['CUSTODIAN'] };

/** Clocks of institutions run apart: so much later than now isn't the future yet. */
const TOLERANCE_MILLISECONDS = 5 * 60_000;

/** The moment after which something lies in the future. */
export function present(ctx: Pick<RequestContext, 'clock'>): Date {
  return new Date(ctx.clock().getTime() + TOLERANCE_MILLISECONDS);
}

/**
 * The label of a specially protected record, from an input that may leave it out.
 * @param path where the input stands
 */
export function labelOf(
  input: { readonly label?: string | null },
  path: InputPath = ['input'],
): { label?: string | null } {
  if (input.label === undefined) return {};
  return { label: parseInput(careLabel, input.label, [...path, 'label']) };
}

/**
 * How long a record must be kept at least, from an input that may leave it out.
 * @param kept the day until which it must be kept already; it can't become an earlier one
 * @param path where the input stands
 */
export function retentionOf(
  input: { readonly retainUntil?: string | null },
  kept: string | null,
  path: InputPath = ['input'],
): { retention?: string | null } {
  if (input.retainUntil === undefined) return {};
  const place = [...path, 'retainUntil'];
  const retention = parseInput(careRetention, input.retainUntil, place);
  if (kept === null || (retention !== null && retention >= kept)) return { retention };
  throw new VitrineError('BAD_USER_INPUT', `expected a day from ${kept} on, until which it must be kept`, {
    path: place,
  });
}

/** @throws VitrineError CONFLICT when the record was retracted, ERASED when it was erased: it takes no change any more. */
export function requireStanding(record: Unrelated<{ retracted: boolean }>, path: InputPath): void {
  if (record.erased?.whole === true)
    throw new VitrineError('ERASED', `the ${record.kind.toLowerCase()} was erased`, { path });
  if (!record.values.retracted) return;
  throw new VitrineError('CONFLICT', `the ${record.kind.toLowerCase()} was retracted`, {
    path,
    details: { kind: record.kind, id: record.head.id },
  });
}
