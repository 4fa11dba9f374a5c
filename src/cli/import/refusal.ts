/** Why one thing wasn't taken while the rest goes on. */
import { ClientError } from '../../client/index.js';

/** Thrown for one patient, encounter or institution; anything else ends the import. */
export class Refusal extends Error {
  /** @param place member below the resource that it is about: `serviceProvider` */
  constructor(
    message: string,
    readonly place: string = '',
    readonly code?: string,
  ) {
    super(message);
    this.name = 'Refusal';
  }
}

/** Codes that say that this input was refused; all others say that no input would be taken now. */
const OF_INPUT = new Set([
  'BAD_USER_INPUT',
  'CONFLICT',
  'FORBIDDEN',
  'LICENCE_INACTIVE',
  'LIMIT_EXCEEDED',
  'NOT_FOUND',
  'VIEW_ONLY',
  'INTERNAL',
]);

/** The refusal that a failed request means for its input; rethrows what ends the import: no answer, no valid token. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (!(error instanceof ClientError) || !OF_INPUT.has(error.code)) throw error;
  const problems = error.problems.map(({ path, message }) => `${path.slice(1).join('.')}: ${message}`);
  const place = error.inputPath.length > 1 ? ` (${error.inputPath.slice(1).join('.')})` : '';
  const message = problems.length > 0 ? problems.join('; ') : error.message + place;
  return new Refusal(message, '', error.code);
}
