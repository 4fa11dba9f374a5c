/** `me.budgets`. */
import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver } from 'type-graphql';
import { Classified, DateTimeScalar, type RequestContext } from '../../api/index.js';
import { Me } from '../../registry/index.js';
import { BudgetActEnum, BudgetHolderEnum, BudgetWindowEnum } from './enums.js';
import { budgetsLeft, type BudgetLeft } from './left.js';

@ObjectType('Budget', { description: 'How many more different patients may be looked up or opened.' })
export class BudgetObject {
  @Classified('STRUCTURE')
  @Field(() => BudgetActEnum, { description: 'What is counted.' })
  get act(): string {
    return this.budget.act;
  }

  @Classified('STRUCTURE')
  @Field(() => BudgetHolderEnum, { description: 'Whose it is.' })
  get holder(): string {
    return this.budget.holder;
  }

  @Classified('STRUCTURE')
  @Field(() => BudgetWindowEnum, { description: 'The time within which it is counted.' })
  get window(): string {
    return this.budget.window;
  }

  @Classified('STRUCTURE')
  @Field(() => Int, { description: 'How many it is in all.' })
  get most(): number {
    return this.budget.most;
  }

  @Classified('STRUCTURE')
  @Field(() => Int, { description: 'How many are left.' })
  get left(): number {
    return this.budget.left;
  }

  @Classified('STRUCTURE')
  @Field(() => DateTimeScalar, { description: 'When it is full again.' })
  get refills(): string {
    return this.budget.refills;
  }

  constructor(private readonly budget: BudgetLeft) {}
}

@Resolver(() => Me)
export class BudgetResolver {
  @Classified('STRUCTURE')
  @FieldResolver(() => [BudgetObject], { description: 'What you may still look up and open.' })
  async budgets(@Ctx() ctx: RequestContext): Promise<BudgetObject[]> {
    if (ctx.caller === null) return [];
    return (await budgetsLeft(ctx, ctx.caller)).map((budget) => new BudgetObject(budget));
  }
}
