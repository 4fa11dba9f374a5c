/** A thread that fails as it is told: for tests of what the renderer does about it. */
import { parentPort, threadId } from 'node:worker_threads';

parentPort.on('message', ({ svg }) => {
  if (svg === 'throw') throw new Error('broken');
  if (svg === 'exit') process.exit(3);
  if (svg === 'hang') for (;;);
  if (svg === 'refuse') parentPort.postMessage({ failed: true });
  if (svg.startsWith('thread')) parentPort.postMessage({ png: Uint8Array.of(threadId) });
});
