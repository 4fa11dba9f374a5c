export { Feed } from './feed.js';
export type { FeedOptions, Subscriber } from './feed.js';
