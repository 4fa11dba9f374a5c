/**
 * The playground's script, in the browser: starts GraphiQL with the ready queries, and signs requests with the token
 * of the chosen persona, over HTTP and WebSocket alike. It and what it imports are served as the compiler left them.
 */
import { type Asked, listen, post } from './fetcher.js';
import { type Answered, fill, remember } from './fill.js';
import { fetchPersonas, Identity } from './identity.js';
import { type Operation, operationsOf } from './operations.js';
import type { PlaygroundSettings } from './page.js';
import { PagePanel } from './pages.js';
import type { ReadyQuery } from './queries.js';

interface FetcherOptions {
  readonly headers?: Readonly<Record<string, string>>;
}

interface Tabs {
  readonly tabs: readonly { readonly query: string | null; readonly variables: string | null }[];
  readonly activeTabIndex: number;
}

declare const YogaGraphiQL: { renderYogaGraphiQL(root: Element, options: object): void };

const settings = JSON.parse(
  document.getElementById('settings')?.textContent ?? '{}',
) as PlaygroundSettings & {
  readonly queries: readonly ReadyQuery[];
};
/** The ready queries as the editors show them: the variables in an editor of their own, one to a line. */
const ready: readonly ReadyQuery[] = settings.queries.map((one) => ({
  ...one,
  query: one.query.replace(/^# variables: .*\n/m, ''),
  variables: one.variables && JSON.stringify(JSON.parse(one.variables), null, 2),
}));
const PERSONA_KEY = 'vitrine.persona';
/** Where GraphiQL keeps its tabs. */
const TABS_KEY = 'graphiql:tabState';

const identity = new Identity();
const answered: Answered = new Map();
const personas = document.querySelector<HTMLSelectElement>('#persona');
const queries = document.querySelector<HTMLSelectElement>('#queries');
const status = document.querySelector<HTMLOutputElement>('#status');
const pages = document.querySelector<HTMLElement>('#pages');
const panel = pages && new PagePanel(pages, identity);
const hint = document.querySelector<HTMLButtonElement>('#act');

const show = (text: string): void => {
  if (status) status.textContent = text;
};
const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The variables that the operation takes; a tab of several operations holds those of all. */
function declared(variables: unknown, operation: Operation | undefined): unknown {
  if (typeof variables !== 'object' || variables === null || !operation) return variables;
  return Object.fromEntries(Object.entries(variables).filter(([name]) => operation.variables.includes(name)));
}

/** The operation to run. Of several, none is run that wasn't chosen: it may be a mutation. */
function toRun({ query, operationName }: Asked): Operation | undefined {
  const operations = operationsOf(query);
  const named = operations.find(({ name }) => name === operationName);
  if (!named && operations.length > 1) throw new Error('choose the operation to run again');
  return named ?? operations[0];
}

async function fetcher(asked: Asked, { headers }: FetcherOptions = {}): Promise<unknown> {
  try {
    const chosen = toRun(asked);
    const variables = fill(declared(asked.variables, chosen), answered, () => crypto.randomUUID());
    const filled = { ...asked, operationName: chosen?.name || null, variables };
    if (chosen?.kind === 'subscription') return listen(settings.endpoint, filled, identity, headers);
    const answer = await post(settings.endpoint, filled, identity, headers);
    remember(answered, answer);
    // Beside the answer, which needn't wait for images.
    void panel?.show(answer).catch((error: unknown) => show(reason(error)));
    return answer;
  } catch (error) {
    return { errors: [{ message: reason(error) }] };
  }
}

/** Tells whether there is such a persona to choose. */
const offers = (name: string): boolean =>
  Array.from(personas?.options ?? []).some(({ value }) => value === name);

/** The query of the open tab, and whom it is meant for, as its head says. */
let open = '';
let meant = '';

/** Offers to switch when the open query is meant for another persona. */
function offerSwitch(query = open): void {
  open = query;
  meant = /^(?:#.*\n)*?# persona: (\S+)/.exec(query)?.[1] ?? '';
  const offered = meant !== '' && meant !== identity.persona && offers(meant);
  if (!hint) return;
  hint.hidden = !offered;
  hint.textContent = `Act as ${meant}`;
}

/** Asks as a persona from now on; the empty name as nobody. */
async function become(name: string): Promise<void> {
  localStorage.setItem(PERSONA_KEY, name);
  if (personas) personas.value = name;
  show(name === '' ? 'not signed in' : 'signing in …');
  try {
    await identity.become(name);
    if (identity.persona === name && name !== '') show(`signed in as ${name}`);
  } catch (error) {
    show(`not signed in: ${reason(error)}`);
  }
}

async function offerPersonas(select: HTMLSelectElement): Promise<void> {
  try {
    for (const { name, about } of await fetchPersonas()) select.add(new Option(`${name}: ${about}`, name));
  } catch (error) {
    return show(reason(error));
  }
  select.disabled = false;
  const choose = (name: string): void => {
    void become(name);
    offerSwitch();
  };
  select.addEventListener('change', () => choose(select.value));
  hint?.addEventListener('click', () => (choose(meant), select.focus()));
  // Whoever comes for the first time can run the first ready query at once.
  const name = localStorage.getItem(PERSONA_KEY) ?? ready[0]?.persona ?? '';
  await become(offers(name) ? name : '');
}

/** GraphiQL's tabs as it keeps them; null before it has kept any. */
function keptTabs(): Tabs | null {
  try {
    return JSON.parse(localStorage.getItem(TABS_KEY) ?? 'null') as Tabs | null;
  } catch {
    return null;
  }
}

/** Goes to the tab that holds the query as it was made ready, or opens it anew. */
function openReady({ query, variables }: ReadyQuery): void {
  const tabs = keptTabs()?.tabs ?? ready;
  const place = tabs.findIndex((tab) => tab.query === query && (tab.variables ?? '') === variables);
  const tab = place < 0 ? null : document.getElementById(`graphiql-session-tab-${place}`);
  if (tab) return tab.click();
  const address = new URL(location.pathname, location.href);
  address.searchParams.set('query', query);
  address.searchParams.set('variables', variables);
  location.assign(address);
}

function offerQueries(select: HTMLSelectElement): void {
  for (const { name, title } of ready) select.add(new Option(title, name));
  select.addEventListener('change', () => {
    const chosen = ready.find(({ name }) => name === select.value);
    select.value = '';
    if (chosen) openReady(chosen);
  });
}

/** What the address asks to open; else the tab that was open last, which GraphiQL doesn't find again by itself. */
function toOpen(kept: Tabs | null): { query: string; variables: string } | null {
  const address = new URL(location.href).searchParams;
  const query = address.get('query');
  if (query !== null) return { query, variables: address.get('variables') ?? '' };
  const last = kept?.tabs[kept.activeTabIndex];
  return last?.query ? { query: last.query, variables: last.variables ?? '' } : null;
}

function startGraphiql(root: Element): void {
  const kept = keptTabs();
  const asked = toOpen(kept);
  // Once its tab is open, the address has done its part: loading the page again must not open another.
  history.replaceState(null, '', location.pathname);
  YogaGraphiQL.renderYogaGraphiQL(root, {
    title: 'Vitrine',
    logo: ' ',
    fetcher,
    ...asked,
    // A narrow screen has no room for them until they are wanted.
    defaultEditorToolsVisibility: innerWidth > 700,
    // Where tabs are kept, GraphiQL goes to the one that was asked for or adds it; else it begins with the first.
    defaultTabs: [...(asked && !kept ? [asked] : []), ...ready].map((one) => ({
      query: one.query,
      variables: one.variables,
    })),
    onTabChange: ({ tabs, activeTabIndex }: Tabs) => offerSwitch(tabs[activeTabIndex]?.query ?? ''),
    // In place of GraphiQL's own, which writes the query into the address: it would stay in the browser's history.
    onEditQuery: (text: string) => offerSwitch(text),
  });
  offerSwitch(asked?.query ?? ready[0]?.query);
}

// GraphiQL's editor asks for its workers by these names; without a setting it would make them of blobs.
Object.assign(globalThis, {
  MonacoEnvironment: {
    globalAPI: false,
    getWorkerUrl: (_module: string, label: string) =>
      `/playground/${label === 'editorWorkerService' ? 'editor' : label}.worker.js`,
  },
});

if (personas) await offerPersonas(personas);
if (queries) offerQueries(queries);
const root = document.getElementById('root');
if (root) startGraphiql(root);
