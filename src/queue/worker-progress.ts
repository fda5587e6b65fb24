import type { Queue, Worker } from 'bullmq';
import type { OnProgress } from '../base/progress.ts';

const REPORT_MS = 500;

/**
 * Reports jobs without a pause between them as one stage; its total is what is done and what waits, so it grows while
 * jobs are added.
 * @param done counts of the worker, as they grow
 */
export function reportBursts(
  worker: Worker,
  queue: Queue,
  done: { readonly images: number; readonly busyMs: number },
  onProgress: OnProgress,
): void {
  let jobs = 0;
  let before = { ...done };
  let toldMs = 0;
  const tell = (waiting: number): void => {
    const seconds = (done.busyMs - before.busyMs) / 1000;
    const note = `${Math.round((done.images - before.images) / seconds)} images/s`;
    onProgress({ stage: 'worker', done: jobs, total: jobs + waiting, unit: 'jobs', note });
  };
  worker.on('completed', async () => {
    jobs += 1;
    if (performance.now() - toldMs < REPORT_MS) return;
    toldMs = performance.now();
    const waiting = await queue.getWaitingCount().catch(() => 0);
    if (jobs > 0) tell(Math.max(1, waiting));
  });
  worker.on('drained', () => {
    if (jobs > 0) tell(0);
    jobs = 0;
    before = { ...done };
  });
}
