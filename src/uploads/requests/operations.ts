/** What is done with requests for permission. Who may endorse, the policies say: no role alone gives it. */
import { ROLES } from '../../records/index.js';
import type { Operation } from '../operations.js';

const upload = (verb: string): Operation => ({
  op: `upload.${verb}`,
  makes: 'UploadRequest',
  permission: { roles: ROLES, relations: [] },
  licensed: false,
});

export const REQUEST_UPLOAD = upload('request');
export const ENDORSE_UPLOAD = upload('endorse');
export const DENY_UPLOAD = upload('deny');

export const UPLOAD_OPERATIONS: readonly Operation[] = [REQUEST_UPLOAD, ENDORSE_UPLOAD, DENY_UPLOAD];
