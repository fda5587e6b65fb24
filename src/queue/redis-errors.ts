import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { MaxdnnError } from '../base/errors.ts';

const RETRY_MS = 100;
const CLOSING_TIMEOUT_MS = 2_000;

/**
 * Asks until it is answered, however often the connection breaks: for questions that may be asked twice.
 * @throws tool-failed when Redis refuses, or the connection was closed for good
 */
export type Retry = <T>(ask: () => Promise<T>) => Promise<T>;

/** Retry on one connection. */
export function retrying(redis: Redis, name: string): Retry {
  return async (ask) => {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (error instanceof MaxdnnError) throw error;
        if (redis.status === 'end' || !isConnectionError(error as Error)) throw refused(error as Error, name);
        await delay(RETRY_MS);
      }
    }
  };
}

/** Closes parts of BullMQ; what hangs because Redis is away is left behind. */
export async function closeQuietly(...parts: readonly { close(): Promise<unknown> }[]): Promise<void> {
  const late = new AbortController();
  await Promise.race([
    Promise.allSettled(parts.map((part) => part.close())),
    delay(CLOSING_TIMEOUT_MS, undefined, { signal: late.signal }).catch(() => {}),
  ]);
  late.abort();
}

/** Errors of ioredis for commands that were under way when the connection broke. */
function isConnectionError({ name, message }: Error): boolean {
  return name === 'AbortError' || /Connection is closed|ECONN|EPIPE|Socket timeout|^LOADING/.test(message);
}

function refused({ message }: Error, name: string): MaxdnnError {
  const isFull = /^OOM|^MISCONF|No space/.test(message);
  return new MaxdnnError('tool-failed', `Redis at ${name} refuses: ${message}`, {
    hint: isFull
      ? 'Give Redis more memory or disk, then give the same command again: finished results are kept.'
      : 'See the log of Redis.',
  });
}
