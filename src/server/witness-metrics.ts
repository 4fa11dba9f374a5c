/** Metrics of the witnesses. Labels are names of the policy file and statuses of the protocol. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Witnesses } from '../ledger/index.js';

/** Adds them to a registry. Sizes are read when they are asked for: what other processes got counts too. */
export function measureWitnesses(witnesses: Witnesses, registry: Registry): void {
  if (witnesses.names.length === 0) return;
  const registers = [registry];
  const cosigned: Gauge = new Gauge({
    name: 'vitrine_log_cosigned_size',
    help: "Entries under the newest checkpoint that the witnesses' quorum cosigned",
    registers,
    collect: () => cosigned.set(Number(witnesses.size)),
  });
  const newest: Gauge<'witness'> = new Gauge({
    name: 'vitrine_witness_cosigned_size',
    help: 'Newest size that a witness cosigned',
    labelNames: ['witness'],
    registers,
    collect: () => {
      for (const witness of witnesses.names)
        newest.set({ witness }, Number(witnesses.newestOf(witness) ?? 0n));
    },
  });
  const answers = new Counter({
    name: 'vitrine_witness_answers_total',
    help: 'Askings of witnesses by this process, by how they ended: cosigned, a status, timeout, …',
    labelNames: ['witness', 'answer'],
    registers,
  });
  witnesses.onAnswer((witness, answer) => answers.inc({ witness, answer }));
}
