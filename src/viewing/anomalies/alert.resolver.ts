/** Queries of alerts about unusual access. */
import { Arg, Args, Ctx, ID, Query, Resolver } from 'type-graphql';
import { Classified, PageArgs, pageOf, type ConnectionOf, type RequestContext } from '../../api/index.js';
import { findAlert, listAlerts } from './alert.service.js';
import { AccessAlert, AccessAlertConnection } from './alert.type.js';

@Resolver(() => AccessAlert)
export class AccessAlertResolver {
  @Classified('STRUCTURE')
  @Query(() => AccessAlert, {
    nullable: true,
    description: 'An alert about unusual access; null where there is none for you.',
  })
  async accessAlert(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the alert.' }) id: string,
  ): Promise<AccessAlert | null> {
    const record = await findAlert(ctx, id);
    return record === null ? null : new AccessAlert(record);
  }

  @Classified('STRUCTURE')
  @Query(() => AccessAlertConnection, {
    nullable: true,
    description:
      'Alerts about unusual access, newest first: all for auditors, those about members for the state’s regulators, none for anyone else.',
  })
  async accessAlerts(
    @Ctx() ctx: RequestContext,
    @Args(() => PageArgs) page: PageArgs,
  ): Promise<ConnectionOf<AccessAlert>> {
    return AccessAlertConnection.from(
      await listAlerts(ctx, pageOf(page)),
      (record) => new AccessAlert(record),
    );
  }
}
