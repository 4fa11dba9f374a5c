/** What audit adds to the payload of a batch: the receipts of what was recorded. */
import { FieldResolver, Resolver, Root } from 'type-graphql';
import { Classified } from '../api/index.js';
import { EncountersPayload } from '../clinical/index.js';
import { Receipt } from './receipt.type.js';

@Resolver(() => EncountersPayload)
export class BatchReceiptResolver {
  @Classified('STRUCTURE')
  @FieldResolver(() => [Receipt], { description: 'Receipts of what was recorded, in the input’s order.' })
  receipts(@Root() { outcome }: EncountersPayload): Receipt[] {
    return outcome.accepted.map((accepted) => new Receipt(accepted));
  }
}
