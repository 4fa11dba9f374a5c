/** Prometheus metrics. Labels are names of the schema and codes, never what a caller sent. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export interface Metrics {
  readonly registry: Registry;
  /** HTTP requests by route and status. */
  readonly requests: Counter<'route' | 'status'>;
  /** GraphQL operations by type and outcome (`ok`, `errors`). */
  readonly operations: Counter<'type' | 'outcome'>;
  /** Seconds of GraphQL operations by type. */
  readonly operationSeconds: Histogram<'type'>;
  /** Errors in answers, by code. */
  readonly errors: Counter<'code'>;
  /** Seconds from `append` to its commit. */
  readonly appendSeconds: Histogram;
  /** Entries of the log that this process trusts. */
  readonly logSize: Gauge;
  /** Integrity alarms by code. Any is a reason to wake someone. */
  readonly alarms: Counter<'code'>;
  /** Mutations that a rule refused, by rule and code, and whether the denial was written to the log. */
  readonly denials: Counter<'rule' | 'code' | 'written'>;
  /** Alerts about unusual access that this process raised, by rule. */
  readonly accessAlerts: Counter<'rule'>;
  readonly sockets: Gauge;
  /** Subscribers that follow the log. */
  readonly feedSubscriptions: Gauge;
  /** Events that were written to them. */
  readonly feedEvents: Counter;
  /** Subscriptions that the server ended, by code; RESUME_REQUIRED: its subscriber was too slow. */
  readonly feedEnds: Counter<'code'>;
}

/** Makes the metrics in a registry of their own. `processMetrics`: also those of Node itself. */
export function createMetrics(processMetrics = true): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
  return {
    registry,
    requests: new Counter({
      name: 'vitrine_http_requests_total',
      help: 'HTTP requests',
      labelNames: ['route', 'status'],
      registers,
    }),
    operations: new Counter({
      name: 'vitrine_operations_total',
      help: 'GraphQL operations',
      labelNames: ['type', 'outcome'],
      registers,
    }),
    operationSeconds: new Histogram({
      name: 'vitrine_operation_seconds',
      help: 'Seconds of a GraphQL operation',
      labelNames: ['type'],
      buckets: seconds,
      registers,
    }),
    errors: new Counter({
      name: 'vitrine_errors_total',
      help: 'Errors in answers',
      labelNames: ['code'],
      registers,
    }),
    appendSeconds: new Histogram({
      name: 'vitrine_append_seconds',
      help: 'Seconds from the wish to append to its commit',
      buckets: seconds,
      registers,
    }),
    logSize: new Gauge({ name: 'vitrine_log_size', help: 'Entries of the trusted log', registers }),
    alarms: new Counter({
      name: 'vitrine_alarms_total',
      help: 'Integrity alarms',
      labelNames: ['code'],
      registers,
    }),
    denials: new Counter({
      name: 'vitrine_upload_denials_total',
      help: 'Rules that refused a mutation, and what became of the denial',
      labelNames: ['rule', 'code', 'written'],
      registers,
    }),
    accessAlerts: new Counter({
      name: 'vitrine_access_alerts_total',
      help: 'Alerts about unusual access that this process raised',
      labelNames: ['rule'],
      registers,
    }),
    sockets: new Gauge({ name: 'vitrine_websockets', help: 'Open WebSockets', registers }),
    feedSubscriptions: new Gauge({
      name: 'vitrine_feed_subscriptions',
      help: 'Subscribers that follow the log',
      registers,
    }),
    feedEvents: new Counter({
      name: 'vitrine_feed_events_total',
      help: 'Events that were written to subscribers who follow the log',
      registers,
    }),
    feedEnds: new Counter({
      name: 'vitrine_feed_ends_total',
      help: 'Subscriptions to the log that the server ended, by code',
      labelNames: ['code'],
      registers,
    }),
  };
}
