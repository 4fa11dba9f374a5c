/** What a page is made of: plain data, already verified and already allowed by whoever made it. */

/** A language that the fixed strings of a page exist in. */
export type PageLanguage = 'en' | 'ru';

/** What is looked at. */
export interface PageModel {
  readonly kind: 'patient' | 'report' | 'subsidy';
  readonly language: PageLanguage;
  readonly title: string;
  readonly subtitle: string | null;
  readonly sections: readonly Section[];
  /** Newest first; drawn in the order given. */
  readonly entries: readonly TimelineEntry[];
  /** The moment of making, as it is to be read. */
  readonly generatedAt: string;
}

/** Labelled lines under a heading. */
export interface Section {
  readonly title: string;
  readonly lines: readonly SectionLine[];
}

/** One labelled value; the label is in the page's language. */
export interface PageLine {
  readonly label: string;
  /** May be long and hold newlines; an empty one is drawn as a dash. */
  readonly value: string;
}

/** A line of a section; `alert` is what harms when it is overlooked. */
export interface SectionLine extends PageLine {
  readonly emphasis?: 'alert';
}

/** Something that happened, on the timeline. */
export interface TimelineEntry {
  /** The time as it is to be read. */
  readonly when: string;
  readonly title: string;
  readonly lines: readonly PageLine[];
}

/** Who looks: member, institution, time, receipt number, one line each. Drawn over the whole of every page. */
export interface Watermark {
  readonly lines: readonly string[];
}

/** The size of a page in CSS pixels. */
export interface PageOptions {
  /** 800 unless told; from 480 to 1600. */
  readonly width?: number;
  /** 1130 unless told (A4 at the default width); from 500 to 2400. */
  readonly height?: number;
}

/** Who looks at a page, and when. */
export interface Fetched {
  readonly mark: Watermark;
  readonly generatedAt: string;
}

/** Pages of a model, drawn when they are asked for. */
export interface LaidOutPages {
  readonly count: number;
  /** The SVG document of a page; the first is 1. With another mark and moment than it was laid out with, when told. */
  readonly draw: (page: number, fetched?: Fetched) => string;
}
