/** GraphQL operation of transfers. */
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { Classified, RecordPayload, type RequestContext } from '../../api/index.js';
import { findPatient, toPatient } from '../../clinical/index.js';
import { TransferCustodyInput } from './custody.input.js';
import { transferCustody } from './custody.service.js';

@Resolver()
export class CustodyResolver {
  @Classified('STRUCTURE')
  @Mutation(() => RecordPayload, {
    description:
      'Hands a patient’s file to another institution, whose REGISTRAR approves it first: ENDORSEMENT_PENDING until then. Encounters stay with who recorded them. Answers with the patient, as far as you may still know of it.',
  })
  async transferCustody(
    @Arg('input', () => TransferCustodyInput, { description: 'The patient, and who is to keep its file.' })
    input: TransferCustodyInput,
    @Ctx() ctx: RequestContext,
  ): Promise<RecordPayload> {
    return new RecordPayload(await transferCustody(ctx, input), async (context, id) => {
      const record = await findPatient(context, id);
      return record === null ? null : toPatient(record);
    });
  }
}
