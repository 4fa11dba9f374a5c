export { ACCESS_EXTENSION, Classified, RELATED, relatedOf } from './classified.js';
export type { FieldAccess, HasRelations, Related } from './classified.js';
export type {
  AcceptedPort,
  AuditLog,
  ChangePort,
  DeniedPort,
  Making,
  ReadsPort,
  PastPort,
  RequestContext,
  RequestLog,
  SignedPort,
  Submit,
  UploadRequestsPort,
  ViewingPort,
  WatchedContext,
} from './context.js';
export { enumOf, registerEnum } from './enums.js';
export { errorFormatter, extensionsOf, toGraphQLError } from './errors.js';
export type { ErrorOptions } from './errors.js';
export { asJson, badInput, isOutputOf, MAX_TEXT, parseInput, requireId, textProblems } from './input.js';
export { OrderDirectionEnum } from './order.js';
export type { OrderDirection } from './order.js';
export { DEFAULT_LIMITS, limitsPlugin, requireWithinLimits } from './limits.js';
export type { MeasuredRequest, QueryLimits } from './limits.js';
export { connection, DEFAULT_PAGE, MAX_PAGE, PageArgs, PageInfo, pageOf } from './pages.js';
export type { ConnectionClass, ConnectionOf, EdgeOf } from './pages.js';
export { MutationPayload, Node, RecordObject, RecordPayload } from './record.js';
export { RoleEnum } from './role.js';
export {
  Base64Scalar,
  BigIntScalar,
  DateScalar,
  DateTimeScalar,
  HashScalar,
  INT64_MAX,
  INT64_MIN,
  isUuid,
  JsonScalar,
  PartialDateScalar,
  UuidScalar,
} from './scalars.js';
export { SignedField, SignedStatementInput } from './signed.input.js';
export { isCalendarDate, isPartialDate, normalDateTime } from '../documents/index.js';
export { chosenOf, followLog, Trail } from './trail.js';
export type { Choice, FollowOptions, TrailOptions } from './trail.js';
