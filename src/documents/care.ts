/** What the heads of records of care hold beside their values. */
import { day, maybe, text } from './values.js';

/** The label of a specially protected record. */
export const careLabel = maybe(text(64));

/** The day before which nothing of the record may be erased. */
export const careRetention = maybe(day);
