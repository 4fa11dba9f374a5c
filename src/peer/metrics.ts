/** Prometheus metrics of a peer, read at the moment they are asked for. Labels: origins that were configured, and codes. */
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { ALARM_CODES, type Alarms } from './monitor/alarms.js';
import type { FollowedLog } from './peer.js';
import type { Witness } from './witness/witness.js';

export interface MeasuredPeer {
  readonly witness: Witness;
  readonly alarms: Alarms;
  readonly logs: readonly FollowedLog[];
}

/** Makes a registry of its own. */
export function createPeerMetrics({ witness, alarms, logs }: MeasuredPeer): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, of: (log: FollowedLog) => number | undefined): void => {
    const measure = new Gauge({
      name: `vitrine_peer_${name}`,
      help,
      labelNames: ['origin'],
      registers,
      collect: () => {
        for (const log of logs) {
          const value = of(log);
          if (value !== undefined) measure.set({ origin: log.settings.origin }, value);
        }
      },
    });
  };
  gauge('replica_size', 'Entries that are held and verified', ({ copy }) =>
    copy === null ? undefined : Number(copy.store.size),
  );
  gauge('cosigned_size', 'Size of the checkpoint that was cosigned last', ({ settings }) => {
    const size = witness.latest(settings.origin)?.size;
    return size === undefined ? undefined : Number(size);
  });
  gauge('missing_openings', 'Openings that are wanted and not held', ({ copy }) => copy?.openings?.missing);
  gauge('last_progress_seconds', 'When something verifiable came from the log, seconds since 1970', (log) =>
    log.copy === null ? undefined : log.monitor.lastProgress.getTime() / 1000,
  );
  gauge('open_requests', 'Upload requests that the validator will still decide on', ({ copy }) =>
    copy === null ? undefined : copy.validator?.state.open,
  );
  addDecisions(registry, logs);
  addAlarms(registry, alarms);
  return registry;
}

function addDecisions(registry: Registry, logs: readonly FollowedLog[]): void {
  const decisions = new Counter({
    name: 'vitrine_peer_decisions_total',
    help: 'Decisions of the validator since the process began, by rule; person: left to one',
    labelNames: ['origin', 'decision', 'rule'],
    registers: [registry],
    collect: () => {
      decisions.reset();
      for (const { settings, copy } of logs)
        for (const { decision, rule, count } of copy?.validator?.decisions ?? [])
          decisions.inc({ origin: settings.origin, decision, rule }, count);
    },
  });
}

function addAlarms(registry: Registry, alarms: Alarms): void {
  const standing = new Gauge({
    name: 'vitrine_peer_alarms_standing',
    help: 'Alarms that stand, by code and severity. Any critical one is a reason to wake someone',
    labelNames: ['code', 'severity'],
    registers: [registry],
    collect: () => {
      standing.reset();
      for (const { code, severity } of alarms.standing) standing.inc({ code, severity });
    },
  });
  const raised = new Gauge({
    name: 'vitrine_peer_alarms_raised',
    help: 'Alarms raised since the process began, by code',
    labelNames: ['code'],
    registers: [registry],
    collect: () => {
      for (const code of ALARM_CODES) raised.set({ code }, alarms.raised.get(code) ?? 0);
    },
  });
}
