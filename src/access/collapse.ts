/** Withheld fields give one error a path pattern, `reports.edges.node.indicators`, not one a row. */
import type { ApolloServerPlugin } from '@apollo/server';
import type { GraphQLFormattedError } from 'graphql';
import type { RequestContext } from '../api/index.js';

/** Codes of refusals that depend on the field, not on the row; every other error stays one by one. */
const WITHHELD: ReadonlySet<unknown> = new Set(['FORBIDDEN', 'VIEW_ONLY', 'UNAUTHENTICATED']);

/**
 * Merges refusals of one code, one message and one path pattern into the first of them, in their order. The pattern is
 * the path without list places; it goes into `extensions.pattern`, the first one's path stays.
 *
 * How many there were isn't told: the rows that are there are in the answer, and those that aren't mustn't be counted.
 */
export function collapseErrors(errors: readonly GraphQLFormattedError[]): GraphQLFormattedError[] {
  const seen = new Set<string>();
  const kept: GraphQLFormattedError[] = [];
  for (const error of errors) {
    const code = error.extensions?.['code'];
    if (!WITHHELD.has(code) || error.path === undefined) {
      kept.push(error);
      continue;
    }
    const pattern = patternOf(error.path);
    const key = JSON.stringify([code, pattern, error.message]);
    if (seen.has(key)) continue;
    seen.add(key);
    kept.push({ ...error, extensions: { ...error.extensions, pattern } });
  }
  return kept;
}

/** A path without the places in lists: `['reports', 'edges', 0, 'node']` is `reports.edges.node`. */
export function patternOf(path: readonly (string | number)[]): string {
  return path.filter((step) => typeof step === 'string').join('.');
}

/** Collapses the errors of every HTTP answer; subscriptions call {@link collapseErrors} on each event. */
export function collapsePlugin(): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        willSendResponse: ({ response }) => {
          if (response.body.kind === 'single' && response.body.singleResult.errors !== undefined) {
            response.body.singleResult.errors = collapseErrors(response.body.singleResult.errors);
          }
          return Promise.resolve();
        },
      }),
  };
}
