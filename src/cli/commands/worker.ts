import { availableParallelism } from 'node:os';
import { badInput } from '../../base/errors.ts';
import { runQueueWorker } from '../../queue/run-queue-worker.ts';
import type { Command } from '../command.ts';
import { QUEUE_OPTIONS, queueChoice } from '../open-evaluator.ts';
import { integerOption } from '../options.ts';
import { formatDuration } from '../progress.ts';

const WORKERS_MAX = 256;
const IDLE_MAX_S = 10_000_000;

export const worker: Command = {
  name: 'worker',
  summary: 'does evaluations for maxdnn explore --queue, on this or another machine, until it is stopped',
  options: {
    ...QUEUE_OPTIONS,
    workers: { type: 'string', value: 'N', describe: 'threads of this worker (default: one per core)' },
    'idle-exit': {
      type: 'string',
      value: 'SECONDS',
      describe: 'end when there was no job for so long (default: wait for ever)',
    },
  },
  examples: [
    ['maxdnn worker --queue redis://localhost:6379', 'all cores of this machine, for a Redis on it'],
    [
      'maxdnn worker --queue redis://queue.lan/2 --workers 4 --idle-exit 600',
      'four threads, ten idle minutes',
    ],
  ],
  run: async (args, { onProgress, onNotice = () => {} }) => {
    const queue = queueChoice(args);
    if (queue === undefined) {
      throw badInput(
        { where: '--queue', wanted: 'the address of a Redis', found: 'none' },
        'For a Redis on this machine: --queue redis://localhost:6379 (docs/scale-out.md).',
      );
    }
    const workers = integerOption(args, 'workers', 1, WORKERS_MAX) ?? availableParallelism();
    const idleExitS = integerOption(args, 'idle-exit', 1, IDLE_MAX_S);
    const stop = new AbortController();
    const onSignal = (): void => {
      onNotice('stopping after the job in flight; once more stops at once');
      stop.abort();
      forgetSignals();
    };
    const forgetSignals = (): void => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
    try {
      const summary = await runQueueWorker({
        ...queue,
        workers,
        ...(idleExitS === undefined ? {} : { idleExitS }),
        signal: stop.signal,
        onProgress,
        onNotice,
      });
      const { jobs, failedJobs, images, busyMs } = summary;
      const speed = busyMs === 0 ? '' : `, ${Math.round(images / (busyMs / 1000))} images/s`;
      const failed = failedJobs === 0 ? '' : `, ${failedJobs} failed`;
      return {
        text: `${jobs} jobs with ${images} images in ${formatDuration(busyMs)}${speed}${failed}`,
        value: summary,
      };
    } finally {
      forgetSignals();
    }
  },
};

/** First one of them: stop cleanly. The second one acts as without us. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
