/** Which accesses to list. */
import { Field, InputType } from 'type-graphql';
import { z } from 'zod';
import { Classified, DateTimeScalar } from '../../api/index.js';
import { maybe } from '../../standing/index.js';
import { AccessActEnum } from './access.enums.js';
import { ACCESS_ACTS, type Accessed } from './accessed.js';

@InputType({ description: 'Which accesses to list; all conditions must hold.' })
export class AccessFilter {
  @Classified('DIRECTORY')
  @Field(() => AccessActEnum, { nullable: true, description: 'Those of this act.' })
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
  .object({ act: maybe(z.enum(ACCESS_ACTS)), from: instant, to: instant })
  .refine(({ from, to }) => from === null || to === null || Date.parse(from) <= Date.parse(to), {
    path: ['to'],
    message: 'expected a moment that isn’t before `from`',
  });

export type AccessConditions = z.output<typeof accessFilter>;

/** Whether an access is among those that were asked for. */
export function matches({ act, from, to }: AccessConditions, accessed: Accessed): boolean {
  return (
    (act === null || accessed.act === act) &&
    (from === null || Date.parse(accessed.to) >= Date.parse(from)) &&
    (to === null || Date.parse(accessed.from) < Date.parse(to))
  );
}
