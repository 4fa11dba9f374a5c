/** The playground's page: GraphiQL under a bar with the persona switch. It holds no script of its own (CSP). */
import { readyQueries } from './queries.js';

export interface PlaygroundSettings {
  /** Path of the GraphQL endpoint, over HTTP and WebSocket. */
  readonly endpoint: string;
  /** Offer the personas of the development issuer. */
  readonly personaSwitch: boolean;
}

/** JSON that is safe inside a `script` element: nothing in it can end the element. */
const embed = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** @returns the page as HTML. */
export async function playgroundPage(settings: PlaygroundSettings): Promise<string> {
  const data = embed({ ...settings, queries: await readyQueries() });
  const personas = settings.personaSwitch
    ? `<label>Persona
        <select id="persona" disabled><option value="">nobody (no token)</option></select></label>
      <button id="act" type="button" title="The persona that the open query is meant for" hidden></button>`
    : '';
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Vitrine playground</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/playground/graphiql.css">
    <link rel="stylesheet" href="/playground/playground.css">
    <script id="settings" type="application/json">${data}</script>
    <script src="/playground/graphiql.js" defer></script>
    <script src="/playground/client.js" type="module"></script>
  </head>
  <body>
    <header id="bar">
      <h1>Vitrine</h1>
      <output id="status" role="status"></output>
      ${personas}
      <label>Ready queries
        <select id="queries"><option value="">choose …</option></select></label>
      <p id="keys">In the editors <kbd>Tab</kbd> indents. <kbd>Ctrl</kbd>+<kbd>M</kbd> lets it move on.</p>
    </header>
    <noscript>The playground needs JavaScript.</noscript>
    <main id="root"></main>
    <section id="pages" aria-label="Pages of the view" hidden><button type="button">Close</button><div></div></section>
  </body>
</html>
`;
}
