import { describe, expect, it } from 'vitest';
import { asUnavailable } from '../../src/database/index.js';
import { VitrineError } from '../../src/ledger/core/index.js';

const withMembers = (message: string, members: object): Error => Object.assign(new Error(message), members);

describe('asUnavailable', () => {
  it.each([
    ['a refused connection', withMembers('connect', { code: 'ECONNREFUSED' })],
    ['a session that ended under a query', new Error('Connection terminated unexpectedly')],
    [
      'a server that shuts down',
      withMembers('raw', {
        code: 'P2010',
        meta: { driverAdapterError: { cause: { originalCode: '57P01' } } },
      }),
    ],
    ["a server that Prisma can't reach", withMembers('reach', { code: 'P1001' })],
    [
      'a transaction that lost its session',
      withMembers('transaction', { cause: { kind: 'ConnectionClosed' } }),
    ],
    ['a pool that is used up', withMembers('too many', { code: '53300' })],
  ])('takes %s for a database that is away', (_what, error) => {
    expect(asUnavailable(error)).toMatchObject({ code: 'UNAVAILABLE' });
  });

  it.each([
    [
      'a refused row',
      withMembers('row', {
        code: 'P2010',
        meta: { driverAdapterError: { cause: { originalCode: '23505' } } },
      }),
    ],
    ['a fault of ours', new TypeError('x is not a function')],
    [
      'what was thrown on purpose',
      new VitrineError('CONFLICT', 'changed', { cause: { code: 'ECONNRESET' } }),
    ],
    ['no error at all', undefined],
  ])('leaves %s as it is', (_what, error) => {
    expect(asUnavailable(error)).toBeNull();
  });
});
