/** What a renderer and its threads tell each other. */

export interface RenderJob {
  readonly svg: string;
  readonly scale: 1 | 2;
}

export type RenderAnswer = { readonly png: Uint8Array<ArrayBuffer> } | { readonly failed: true };
