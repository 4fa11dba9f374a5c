/** The direction of an order, shared by every list that can be ordered. */
import { registerEnum } from './enums.js';

export const OrderDirectionEnum = { ASC: 'ASC', DESC: 'DESC' } as const;

export type OrderDirection = keyof typeof OrderDirectionEnum;

registerEnum(OrderDirectionEnum, {
  name: 'OrderDirection',
  description: 'Which end of an order comes first.',
  values: {
    ASC: 'The least, or the oldest, first.',
    DESC: 'The greatest, or the newest, first.',
  },
});
