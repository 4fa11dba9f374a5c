/** From plain data to pages that can be looked at: layout, watermark, and rendering beside the main thread. */
export { layOut, layoutPages } from './layout.js';
export { PageRenderer, type PageRendererOptions } from './renderer.js';
export type {
  LaidOutPages,
  PageLanguage,
  PageLine,
  PageModel,
  PageOptions,
  Section,
  SectionLine,
  TimelineEntry,
  Watermark,
} from './model.js';
