/** Where what became of a request stands on the log, and that nothing stands there yet. */
import type { Member } from '../../records/index.js';
import type { UploadRequest } from '../change.js';
import type { Required } from '../policies/index.js';
import { uploadIdOf } from './upload-id.js';
import { uploadKind } from './upload.kind.js';

/**
 * The ids under which it stands: of a part that stands alone under its own id, or under that of the whole
 * batch, which was refused before anybody looked at its parts.
 */
export function placesOf(
  { id }: Pick<Member, 'id'>,
  { requestId, part }: Pick<UploadRequest, 'requestId' | 'part'>,
): readonly [string, ...string[]] {
  const whole = uploadIdOf(id, requestId);
  return part === undefined ? [whole] : [uploadIdOf(id, requestId, part), whole];
}

/**
 * What is required, and that nothing stands under the request's ids on the log: neither that it was asked for, nor that a copy
 * of it was denied meanwhile. So one request has one outcome.
 */
export function unanswered(required: Required, ids: readonly string[]): Required {
  const kind = uploadKind.name;
  return { ...required, absent: [...required.absent, ...ids.map((id) => ({ kind, id }))] };
}
