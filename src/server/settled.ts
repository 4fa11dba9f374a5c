/** What an answer shows of patients is written down before it leaves; where that can't be, nothing of it leaves. */
import type { ApolloServerPlugin } from '@apollo/server';
import type { ExecutionResult } from 'graphql';
import type { CallerContext, ServerDependencies } from './dependencies.js';
import { asGraphQLError } from './prepare.js';

/** The answer, once what it shows is written down; else the refusal in its place. */
export async function settled({ reads }: CallerContext, result: ExecutionResult): Promise<ExecutionResult> {
  try {
    await reads?.settle();
    return result;
  } catch (error) {
    return { errors: [asGraphQLError(error)] };
  }
}

/** The same for answers over HTTP. First among the plugins: the others look at what is sent. */
export function settlePlugin<C extends CallerContext>({
  formatError,
}: Pick<ServerDependencies<C>, 'formatError'>): ApolloServerPlugin<C> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        willSendResponse: async ({ contextValue, response }) => {
          const { errors } = await settled(contextValue, {});
          if (errors === undefined) return;
          response.http.status = 503;
          const told = errors.map((error) => formatError(error.toJSON(), error));
          response.body = { kind: 'single', singleResult: { errors: told } };
        },
      }),
  };
}
