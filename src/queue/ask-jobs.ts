import { setTimeout as delay } from 'node:timers/promises';
import type { Queue, QueueEvents } from 'bullmq';
import type { BlobStore } from './blob-store.ts';
import { failureOf, JOB_NAME, type ScoreJob } from './job.ts';
import type { Retry } from './redis-errors.ts';

/** A job, the variants that it scores (alike ones are one job) and the contents that it names. */
export interface AskedJob {
  readonly job: ScoreJob;
  readonly indices: number[];
  readonly contents: ReadonlyMap<string, () => Uint8Array>;
}

/** What askAll asks. */
export interface JobService {
  readonly queue: Queue;
  readonly events: QueueEvents;
  readonly store: BlobStore;
  readonly again: Retry;
  readonly onNotice: (text: string) => void;
  readonly name: string;
}

/** Jobs whose end was told by no event (Redis was away) are found that often. */
const POLL_MS = 1_000;
/** A pause is at least so many times as long as looking took. */
const POLL_PAUSE = 10;
/** How long to wait for a first result before looking whether there are workers. */
const WORKERS_EXPECTED_MS = 15_000;
/** Jobs that are added at a time. */
const BATCH = 200;

/**
 * Adds the jobs that are not there and waits for all of them.
 * @param onResult called once per job with what Redis holds as its result
 */
export async function askAll(
  { queue, events, store, again, onNotice, name }: JobService,
  asked: ReadonlyMap<string, AskedJob>,
  signal: AbortSignal,
  onResult: (id: string, value: unknown) => void,
): Promise<void> {
  const open = new Map(asked);
  const told: [string, unknown][] = [];
  let pollMs = 0;
  let wake = (): void => {};
  const onCompleted = ({ jobId: id, returnvalue }: { jobId: string; returnvalue: unknown }): void => {
    if (!open.has(id)) return;
    told.push([id, returnvalue]);
    wake();
  };
  const onFailed = ({ jobId: id }: { jobId: string }): void => {
    if (!open.has(id)) return;
    pollMs = 0;
    wake();
  };

  let isEnded = false;
  const take = (id: string, value: unknown): void => {
    if (!isEnded && open.delete(id)) onResult(id, value);
  };
  const add = async (ids: readonly string[]): Promise<void> => {
    const contents = new Map(ids.flatMap((id) => [...asked.get(id)!.contents]));
    await again(() => store.put(contents));
    for (let at = 0; at < ids.length; at += BATCH) {
      const jobs = ids.slice(at, at + BATCH).map((id) => ({
        name: JOB_NAME,
        data: asked.get(id)!.job,
        opts: { jobId: id },
      }));
      await again(() => queue.addBulk(jobs));
    }
  };
  /** @param isFirst what failed for somebody before is tried again */
  const poll = async (isFirst: boolean): Promise<void> => {
    const missing: string[] = [];
    await Promise.all(
      [...open.keys()].map(async (id) => {
        const [status, value] = await again(() => finishedState(queue, id));
        if (status === COMPLETED) return take(id, parsed(value));
        if (status === FAILED && !isFirst) {
          open.delete(id);
          throw failureOf(value);
        }
        if (status === FAILED) await again(() => queue.remove(id));
        if (status === FAILED || status === MISSING) missing.push(id);
      }),
    );
    const rank = new Map([...asked.keys()].map((id, index) => [id, index]));
    await add(missing.sort((a, b) => rank.get(a)! - rank.get(b)!));
  };

  events.on('completed', onCompleted);
  events.on('failed', onFailed);
  try {
    await poll(true);
    pollMs = performance.now() + POLL_MS;
    let lookForWorkersMs = performance.now() + WORKERS_EXPECTED_MS;
    const openAtFirst = open.size;
    while (open.size > 0 && !signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (told.length === 0) {
        const untilPollMs = Math.max(0, pollMs - performance.now());
        await Promise.race([woken, delay(untilPollMs, undefined, { ref: false })]);
      }
      for (const [id, value] of told.splice(0)) take(id, parsed(value));
      if (performance.now() < pollMs) continue;
      const startMs = performance.now();
      await poll(false);
      const tookMs = performance.now() - startMs;
      pollMs = performance.now() + Math.max(POLL_MS, POLL_PAUSE * tookMs);
      if (open.size === openAtFirst && performance.now() > lookForWorkersMs) {
        lookForWorkersMs = Number.POSITIVE_INFINITY;
        if ((await again(() => queue.getWorkersCount())) === 0) {
          onNotice(`no worker is connected to ${name}: start some with maxdnn worker --queue`);
        }
      }
    }
  } catch (error) {
    isEnded = true;
    // Nobody waits for the others any more; whoever else does adds them again.
    await Promise.allSettled([...open.keys()].map((id) => queue.remove(id)));
    throw error;
  } finally {
    isEnded = true;
    events.off('completed', onCompleted);
    events.off('failed', onFailed);
  }
}

/** Answers of BullMQ's isFinished; anything else: not finished. */
const COMPLETED = 1;
const FAILED = 2;
const MISSING = -1;

async function finishedState(queue: Queue, id: string): Promise<readonly [number, unknown]> {
  const answer: unknown = await queue.getBackend().isFinished(id, true);
  return Array.isArray(answer) ? [Number(answer[0]), answer[1]] : [Number(answer), undefined];
}

/** Results come as JSON texts, from events as values. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
