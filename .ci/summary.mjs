/**
 * Prints `N passed, N failed, N skipped` from Vitest's JSON report as the run's last line. A run that ended before
 * the tests (a type error, say) or failed outside of them counts as one failure. The exit code is kept.
 */
import { readFileSync } from 'node:fs';

const [report, status] = process.argv.slice(2);
const exit = Number(status);

function counts() {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

const { passed, failed, skipped } = counts();
const shown = exit !== 0 && failed === 0 ? 1 : failed;
process.stdout.write(`${passed} passed, ${shown} failed, ${skipped} skipped\n`);
process.exit(exit);
