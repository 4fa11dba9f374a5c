/** The refusals of access, in one place: each says what to do, none says a value or whether there is one. */
import { VitrineError, type InputPath } from '../ledger/core/index.js';
import type { Caller, FieldClass, Relation } from '../records/index.js';
import { levelOf } from './levels.js';
import { purposesOf } from './matrix.js';

/** For a caller without a token at something that isn't public. */
export function unauthenticated(): VitrineError {
  return new VitrineError(
    'UNAUTHENTICATED',
    'sign in to ask for this: send an access token in the header Authorization',
    { details: { rule: 'caller' } },
  );
}

/** For a field that the caller may only look at. */
export function viewOnly(fieldClass: FieldClass): VitrineError {
  const purposes = purposesOf(fieldClass);
  const named = purposes.length === 0 ? '' : ` ${purposes.join(', ')}`;
  return new VitrineError(
    'VIEW_ONLY',
    `${fieldClass} fields of this record may be looked at, not copied: open a view with the mutation ` +
      `openView, with this record as subject and a purpose${named === '' ? '' : ` of${named}`}`,
    { details: { fieldClass, mutation: 'openView', purposes: purposes.join(' ') } },
  );
}

/** For a field that isn't there for the caller; the same whether it holds a value or not. */
export function forbidden(fieldClass: FieldClass): VitrineError {
  return new VitrineError(
    'FORBIDDEN',
    `${fieldClass} fields of this record are not for your role and relation to it: schema/access.md says for whom ` +
      "they are; ask the record's custodian",
    { details: { fieldClass } },
  );
}

/** For a filter or an order by what the caller couldn't read in every record of the list. */
export function filterForbidden(column: string, fieldClass: FieldClass, path: InputPath): VitrineError {
  return new VitrineError(
    'FORBIDDEN',
    `a filter or an order by ${column} needs ${fieldClass} of every record in the list: narrow the list to records ` +
      'of your own institution, or leave it out',
    { path, details: { fieldClass } },
  );
}

/**
 * Why a caller doesn't get the raw value of a field, or null when it does. The one decision behind every path: the
 * shield asks it for each field of an answer, and a proof for each field that it would carry.
 *
 * @param wrote whether the caller wrote the entry itself
 */
export function refusalOf(
  caller: Caller,
  relations: ReadonlySet<Relation>,
  fieldClass: FieldClass,
  wrote = false,
): VitrineError | null {
  const level = levelOf(caller, relations, fieldClass, wrote);
  if (level === 'COPY') return null;
  if (caller === null) return unauthenticated();
  return level === 'VIEW' ? viewOnly(fieldClass) : forbidden(fieldClass);
}

/** For a record that isn't there, or not there for the caller: the same words for both. */
export function notFound(kind: string, path?: InputPath): VitrineError {
  return new VitrineError('NOT_FOUND', `no ${kind} has this id, or it is not for you to see`, {
    ...(path === undefined ? {} : { path }),
    details: { rule: 'visible' },
  });
}
