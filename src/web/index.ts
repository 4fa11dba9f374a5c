export { playgroundAsset } from './assets.js';
export type { Asset } from './assets.js';
export { playgroundPage } from './page.js';
export type { PlaygroundSettings } from './page.js';
export { parseReadyQuery, readyQueries } from './queries.js';
export type { ReadyQuery } from './queries.js';
