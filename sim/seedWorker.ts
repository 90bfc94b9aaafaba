/** A worker thread that runs batches of seeds. */
import { parentPort } from 'node:worker_threads';
import { type Batch, runBatch } from './seeds.ts';

parentPort?.on('message', (batch: Batch) => {
  runBatch(batch).then(
    (tally) => parentPort?.postMessage(tally),
    (error: unknown) => {
      // An error that nobody catches ends the worker, and tells whoever started it.
      setImmediate(() => {
        throw error;
      });
    },
  );
});
