/** Shows the pages of a view that an answer links to: each is fetched once, as the persona that opened it. */
import type { Identity } from './identity.js';

/** Where pages are, below this server. */
const PAGE = /^\/views\/[0-9a-f-]{36}\/pages\/\d+\?ticket=[0-9a-f]+$/;

/** The links to pages in an answer, in their order. */
export function pagesIn(answer: unknown): string[] {
  if (typeof answer === 'string') return PAGE.test(answer) ? [answer] : [];
  if (typeof answer !== 'object' || answer === null) return [];
  return Object.values(answer).flatMap(pagesIn);
}

/** As a `data:` address: the page's policy lets no other image in. */
function asData(image: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error('the page can’t be read'));
    reader.readAsDataURL(image);
  });
}

/** Fetches and shows pages one below the other. A link works once, so what was shown is gone when it is closed. */
export class PagePanel {
  constructor(
    private readonly panel: HTMLElement,
    private readonly identity: Identity,
  ) {
    panel.querySelector('button')?.addEventListener('click', () => this.close());
  }

  /** Shows the pages that an answer links to; an answer without any leaves what is shown. */
  async show(answer: unknown): Promise<void> {
    const links = pagesIn(answer);
    const list = this.panel.querySelector('div');
    if (links.length === 0 || list === null) return;
    list.replaceChildren();
    this.panel.hidden = false;
    for (const [at, link] of links.entries()) list.append(await this.#page(link, at + 1, links.length));
  }

  close(): void {
    this.panel.hidden = true;
    this.panel.querySelector('div')?.replaceChildren();
  }

  async #page(link: string, number: number, count: number): Promise<HTMLElement> {
    const scale = devicePixelRatio > 1 ? '&scale=2' : '';
    const response = await this.identity.fetch(new URL(`${link}${scale}`, location.href), {
      headers: {},
    });
    if (!response.ok) {
      const refused = document.createElement('p');
      const { errors } = (await response.json()) as { errors: { message: string }[] };
      refused.textContent = errors[0]?.message ?? 'the page was refused';
      return refused;
    }
    const image = document.createElement('img');
    image.src = await asData(await response.blob());
    image.alt = `Page ${number} of ${count}`;
    return image;
  }
}
