/** Forms of the short texts in the log's formats. Internal to the core. */

/** `<kind>.<verb>` */
export const OP = /^[a-z][A-Za-z0-9]{0,63}\.[a-z][A-Za-z0-9]{0,63}$/;
/** Name of a record kind. */
export const KIND = /^[A-Z][A-Za-z0-9]{0,63}$/;
/** RFC 7638 thumbprint with SHA-256, base64url. */
export const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;
/** Compact JWS with an Ed25519 signature. */
export const JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}$/;
/** Id of a counter. */
export const COUNTER = /^[!-~]{1,200}$/;
