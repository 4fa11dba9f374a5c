/** Liveness and readiness: whether the process runs, and whether it can answer what it is asked. */

/** One thing that must hold for requests to be answered. */
export interface HealthCheck {
  /** `database`, `log`, … */
  readonly name: string;
  /** Resolves when it holds; throws otherwise. What it throws is logged, not shown. */
  readonly check: () => Promise<void> | void;
}

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, 'ok' | 'failed' | 'late'>>;
}

/** Milliseconds after which a check counts as failed. */
const PATIENCE = 2000;

async function one(
  check: HealthCheck,
  report: (name: string, error: unknown) => void,
): Promise<'ok' | 'failed' | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), PATIENCE);
  });
  const done = Promise.resolve()
    .then(() => check.check())
    .then(
      () => 'ok' as const,
      (error: unknown) => {
        report(check.name, error);
        return 'failed' as const;
      },
    );
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs every check at once, each with 2 s. */
export async function readiness(
  checks: readonly HealthCheck[],
  report: (name: string, error: unknown) => void,
): Promise<Readiness> {
  const results = await Promise.all(
    checks.map(async (check) => [check.name, await one(check, report)] as const),
  );
  return { ready: results.every(([, state]) => state === 'ok'), checks: Object.fromEntries(results) };
}
