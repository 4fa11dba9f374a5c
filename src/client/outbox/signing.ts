/** Signs what an outbox sends with the member's own key, so that what waits needn't be signed before it is known when it goes. */
import { CLOCK_TOLERANCE, thumbprint, VitrineError, type JsonObject } from '../../ledger/core/index.js';
import { FetchedFacts } from '../documents/fetched-facts.js';
import type { SignedChange, StatementSigner } from '../documents/sign.js';
import { Uploader, type SignableInputs, type SignableName } from '../documents/uploader.js';
import type { RecordEncountersInput } from '../generated/graphql.js';
import type { PolicySource } from '../verify.js';
import type { Signatures } from './item.js';
import { type Way, WrongMember } from './link.js';
import type { OperationName } from './operations.js';

/** A member's own key, and what signing with it needs. */
export interface SigningOptions {
  readonly signer: StatementSigner;
  /** The keys by which versions that are amended must be proved; without it amendments wait. */
  readonly policy?: PolicySource;
  /** The label that a record was given, which the API doesn't tell; by default none has one. */
  readonly labelOf?: (kind: 'Encounter' | 'Patient' | 'Report', id: string) => string | null;
  /** How long what is signed may be sent, in milliseconds: 24 hours by default, 31 days at most. */
  readonly life?: number;
}

const DAY = 24 * 60 * 60_000;
const BATCH: OperationName = 'recordEncounters';

export class Signing {
  readonly #options: SigningOptions;

  constructor(options: SigningOptions) {
    this.#options = options;
  }

  /** Tells whether a mutation is one that is signed here. */
  static signs(operation: OperationName): boolean {
    return operation === BATCH || Uploader.signs(operation);
  }

  /**
   * Signatures of a request.
   *
   * @param now by the server's clock
   * @throws VitrineError what is wrong with the input, with its path; ClientError when facts can't be fetched; WrongMember
   *   when the key isn't the one that the log has for the member
   */
  async sign(operation: OperationName, input: JsonObject, way: Way, now: () => Date): Promise<Signatures> {
    const { signer, policy, labelOf, life = DAY } = this.#options;
    const { client, origin, institution } = way;
    this.#requireKey(way.key);
    if (institution === null)
      throw new VitrineError('NOT_CONFIGURED', 'expected a member of an institution: others sign for no one');
    const issued = now();
    const facts = new FetchedFacts({
      client,
      ...(policy === undefined ? {} : { policy }),
      ...(labelOf === undefined ? {} : { labelOf }),
    });
    const uploader = new Uploader({ origin, institution, signer, facts, life, clock: () => issued });
    const expires = new Date(issued.getTime() + life).toISOString();
    return { signed: await signedBy(uploader, operation, input), expires };
  }

  /** Whether what was signed should be signed anew before it goes: it might be over on its way. */
  isOver({ expires }: Signatures, now: Date): boolean {
    const margin = Math.min(2 * CLOCK_TOLERANCE, (this.#options.life ?? DAY) / 4);
    return now.getTime() > Date.parse(expires) - margin;
  }

  /** Under another key everything would be refused, and stand on the log as denied. */
  #requireKey(registered: string | null): void {
    const own = thumbprint(this.#options.signer.publicKey);
    if (own === registered) return;
    const found = registered === null ? 'none' : `key ${registered}`;
    throw new WrongMember(`expected key ${own}, which signs here, to be the member's; the log has ${found}`);
  }
}

/** The signatures alone; what they are of is kept already. Inputs were held against these types when they were put in. */
async function signedBy(
  uploader: Uploader,
  operation: OperationName,
  input: JsonObject,
): Promise<Signatures['signed']> {
  if (Uploader.signs(operation)) {
    const { signed } = await uploader.sign(operation, input as unknown as SignableInputs[SignableName]);
    return [requireMade(signed)];
  }
  const { encounters } = await uploader.signBatch(input as unknown as RecordEncountersInput);
  return encounters.map(({ signed }) => requireMade(signed));
}

function requireMade(signed: SignedChange | null | undefined): SignedChange {
  if (signed !== null && signed !== undefined) return signed;
  throw new VitrineError('INTERNAL', 'something was left unsigned');
}
