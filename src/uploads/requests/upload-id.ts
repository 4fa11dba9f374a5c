/** Ids of requests for permission: known from who asks and its request id, before there is a request. */
import { namedId } from '../../documents/index.js';

/**
 * The id of the request for permission that belongs to a member's request.
 * @param part of a batch of which each part stands alone: such parts wait each for itself
 */
export function uploadIdOf(member: string, request: string, part = 0): string {
  return namedId('vitrine/upload/v1', part === 0 ? `${member}${request}` : `${member}${request}${part}`);
}
