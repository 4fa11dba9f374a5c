/** Ids of requests for permission: known from who asks and its request id, before there is a request. */
import { namedId } from '../../documents/index.js';

/**
 * The id of the request for permission that belongs to a member's request.
 * @param part of a batch of which each part stands alone: such parts wait, and are denied, each for itself. Without it, the
 *   request as a whole
 */
export function uploadIdOf(member: string, request: string, part?: number): string {
  return namedId('vitrine/upload/v1', `${member}${request}${part ?? ''}`);
}
