/** What a renderer and its threads tell each other. */
import type { PageModel, Watermark } from './model.js';

/** A document that was drawn before; a page of a model; or how many pages a model has. */
export type RenderJob =
  | { readonly svg: string; readonly scale: 1 | 2 }
  | { readonly model: PageModel; readonly mark: Watermark; readonly page: number; readonly scale: 1 | 2 }
  | { readonly model: PageModel };

export type RenderAnswer =
  | { readonly png: Uint8Array<ArrayBuffer> }
  | { readonly count: number }
  /** More than a look may hold. */
  | { readonly tooMuch: string }
  | { readonly failed: true };
