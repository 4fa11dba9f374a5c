/** Loads the sample into a running development server, through its public API and nothing else. */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { DpopKey, VitrineClient } from '../../client/index.js';
import { requestIdOf } from '../import/request-id.js';
import { developmentToken } from '../token.js';
import type { Act, Loading } from './steps.js';
import { loadSteps, STEPS } from './steps.js';

export interface SampleOptions {
  /** `http://127.0.0.1:4000` */
  readonly server: string;
  /** Name of the log: its request ids are its own. */
  readonly origin: string;
  readonly onProgress: (done: number, total: number, what: string) => void;
}

/** Loads the sample, or completes it; what was accepted before is not written again. */
export async function loadSample({ server, origin, onProgress }: SampleOptions): Promise<void> {
  const clients = new Map<string, VitrineClient>();
  const key = await DpopKey.generate();
  const clientOf = (persona: string): VitrineClient => {
    let client = clients.get(persona);
    if (!client) {
      // One token lasts longer than the loading.
      let token: Promise<string> | undefined;
      client = new VitrineClient({
        endpoint: new URL('/graphql', server),
        dpop: key,
        token: () => (token ??= developmentToken(server, persona, key).then((answer) => answer.token)),
      });
      clients.set(persona, client);
    }
    return client;
  };
  const act: Act = (persona, about, document, input) => {
    // The id follows from the step alone: a step's input is always the same, ids of the log's own making aside.
    const requestId = requestIdOf(origin, 'sample', about, null);
    const variables = { input: { ...input, requestId } };
    return clientOf(persona).request(document as TypedDocumentNode<never, object>, variables);
  };
  let done = 0;
  const loading: Loading = {
    act,
    ask: (persona, document) => clientOf(persona).request(document, {}),
    step: (what) => onProgress(done++, STEPS, what),
  };
  await loadSteps(loading);
  onProgress(STEPS, STEPS, 'done');
}
