/** The server's own certificate: read and tried before anything is opened, so that a wrong one is named at once. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { VitrineError } from '../ledger/core/error.js';
import type { Config } from './settings.js';

/** PEM texts of the certificate chain and its key. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

function read(setting: 'TLS_CERT' | 'TLS_KEY', path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'is missing' : "can't be read";
    throw new VitrineError('NOT_CONFIGURED', `${setting}: the file ${path} ${why}`, { cause });
  }
}

/**
 * Reads the files of TLS_CERT and TLS_KEY.
 *
 * @throws VitrineError NOT_CONFIGURED when one is missing, is no PEM, or they don't belong together
 */
export function readTls(tls: NonNullable<Config['tls']>): TlsFiles {
  const files = { cert: read('TLS_CERT', tls.cert), key: read('TLS_KEY', tls.key) };
  try {
    createSecureContext(files);
    return files;
  } catch (cause) {
    const mismatch = (cause as { code?: string }).code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH';
    const why = mismatch ? "don't belong together" : 'are no PEM files of a certificate and its key';
    throw new VitrineError('NOT_CONFIGURED', `TLS_CERT and TLS_KEY: ${tls.cert} and ${tls.key} ${why}`, {
      cause,
    });
  }
}
