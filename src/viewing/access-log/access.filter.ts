/** Which accesses to list. */
import { Field, InputType } from 'type-graphql';
import { z } from 'zod';
import { Classified, DateTimeScalar } from '../../api/index.js';
import { maybe } from '../../standing/index.js';
import { VIEW_ACTS, type ViewValues } from '../views/view.kind.js';
import { ViewActEnum } from '../views/view.type.js';

@InputType({ description: 'Which accesses to list; all conditions must hold.' })
export class AccessFilter {
  @Classified('DIRECTORY')
  @Field(() => ViewActEnum, { nullable: true, description: 'Those of this act.' })
  act?: string | null;

  @Classified('DIRECTORY')
  @Field(() => DateTimeScalar, { nullable: true, description: 'Those from this moment on.' })
  from?: string | null;

  @Classified('DIRECTORY')
  @Field(() => DateTimeScalar, { nullable: true, description: 'Those before this moment.' })
  to?: string | null;
}

const instant = maybe(z.string());

export const accessFilter = z
  .object({ act: maybe(z.enum(VIEW_ACTS)), from: instant, to: instant })
  .refine(({ from, to }) => from === null || to === null || Date.parse(from) <= Date.parse(to), {
    path: ['to'],
    message: 'expected a moment that isn’t before `from`',
  });

export type AccessConditions = z.output<typeof accessFilter>;

/** Whether an access is among those that were asked for. */
export function matches({ act, from, to }: AccessConditions, view: ViewValues): boolean {
  const at = Date.parse(view.openedAt);
  return (
    (act === null || view.act === act) &&
    (from === null || at >= Date.parse(from)) &&
    (to === null || at < Date.parse(to))
  );
}
