/** The bar above GraphiQL, and what fits GraphiQL under it, on narrow screens too. */
export const playgroundStyle = `
html, body { height: 100%; width: 100%; margin: 0; overflow: hidden; }
body { display: flex; flex-direction: column; }

#bar { display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; align-items: center; padding: 0.4rem 1rem;
  font: 14px system-ui, sans-serif; background: #17324d; color: #fff; }
#bar h1 { font-size: 1rem; letter-spacing: 0.04em; margin: 0; }
#bar label { display: flex; gap: 0.5rem; align-items: center; white-space: nowrap; }
#bar select, #bar button { font: inherit; padding: 0.2rem 0.4rem; max-width: 18rem; border: 1px solid #7d93a8;
  border-radius: 4px; background: #fff; color: #14263a; }
#bar button { background: #ffd76a; border-color: #ffd76a; cursor: pointer; }
#bar #persona { max-width: 22rem; }
#bar select:disabled { background: #c9d3dd; }
#bar :focus-visible { outline: 3px solid #ffd76a; outline-offset: 1px; }
#bar output { order: 9; }
#keys { position: absolute; left: -1000rem; margin: 0; }

#root { flex: 1; min-height: 0; height: auto; width: 100%; overflow: hidden; }
#root .graphiql-container { height: 100%; width: 100%; }
/* The bar names the page already. */
#root .graphiql-logo { display: none; }
#root .graphiql-container, .graphiql-dialog { --alpha-secondary: 0.95; --alpha-tertiary: 0.8; }
#root button:focus-visible, .graphiql-dialog button:focus-visible {
  outline: 2px solid hsl(var(--color-neutral)); outline-offset: 1px; }

/* GraphiQL's light colours of types and fields are too faint to read on white (WCAG 2.2, 1.4.3). */
body.graphiql-light #root .graphiql-container { --color-warning: 36, 100%, 29%; --color-info: 208, 100%, 36%; }
@media (prefers-color-scheme: light) {
  body:not(.graphiql-dark) #root .graphiql-container { --color-warning: 36, 100%, 29%; --color-info: 208, 100%, 36%; }
}

#pages { flex: 0 1 55%; min-height: 0; overflow: auto; padding: 0.5rem 1rem; background: #dfe5ea; text-align: center;
  font: 14px system-ui, sans-serif; color: #14263a; }
#pages[hidden] { display: none; }
#pages button { position: sticky; top: 0; float: right; font: inherit; padding: 0.2rem 0.6rem; }
#pages img { display: block; width: 100%; max-width: 50rem; margin: 0 auto 0.7rem; box-shadow: 0 1px 4px #0006; }

@media (max-width: 700px) {
  #bar { padding: 0.3rem 0.6rem; }
  #bar output { order: 0; flex: 1; text-align: right; }
  #bar label { flex: 1 0 100%; min-width: 0; max-width: 100%; }
  #bar select, #bar #persona { flex: 1; min-width: 0; max-width: none; }
  /* One column: GraphiQL's buttons, its tabs, the editor, the answer. */
  #root .graphiql-container .graphiql-container { flex-direction: column; }
  #root .graphiql-sidebar { flex-direction: row; width: auto; padding: 0 8px; flex: none; }
  #root .graphiql-sidebar > button { margin-top: 0 !important; }
  #root .graphiql-main { flex-direction: column; min-height: 0; }
  #root .graphiql-main > .graphiql-horizontal-drag-bar, #graphiql-session > .graphiql-horizontal-drag-bar { display: none; }
  #root .graphiql-plugin { flex: 0 0 38% !important; }
  #root .graphiql-sessions { margin: 0; border-radius: 0; min-height: 0; }
  #graphiql-session { flex-direction: column; min-height: 0; padding: 0 !important; }
  #graphiql-session > .graphiql-editors { flex: 6 1 0% !important; min-height: 0; border-radius: 0; overflow: hidden; }
  #graphiql-session > .graphiql-response { flex: 5 1 0% !important; min-height: 0; }
  #root .graphiql-query-editor, #root .graphiql-editor-tool { padding: 8px; column-gap: 8px; min-height: 0; overflow: hidden; }
}
`;
