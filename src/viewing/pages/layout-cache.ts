/**
 * Layouts that a thread keeps: whoever leafs through a view fetches page after page of the same model, and laying out costs as
 * much as drawing. Found by the digest of everything that is shown, so a record that changed is laid out anew.
 */
import { createHash } from 'node:crypto';
import { layOut } from './layout.js';
import type { LaidOutPages, PageModel } from './model.js';

/** Layouts kept, the least recently used goes first; and pages that one of them may have. */
const MOST = 8;
const MOST_PAGES = 60;
const UNMARKED = { lines: [] };

export class LayoutCache {
  readonly #kept = new Map<string, LaidOutPages>();

  /** @throws VitrineError LIMIT_EXCEEDED for more than a look may hold */
  of(model: PageModel): LaidOutPages {
    // When a page was made stands in its footer, which is drawn for each page.
    const shown = JSON.stringify({ ...model, generatedAt: '' });
    const key = createHash('sha256').update(shown).digest('base64');
    const pages = this.#kept.get(key) ?? layOut(model, UNMARKED);
    this.#kept.delete(key);
    if (pages.count <= MOST_PAGES) this.#kept.set(key, pages);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST) break;
      this.#kept.delete(oldest);
    }
    return pages;
  }
}
