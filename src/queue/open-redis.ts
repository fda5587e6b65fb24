import type { Redis } from 'ioredis';
import { badInput, MaxdnnError } from '../base/errors.ts';
import { loadBullmq } from './load-bullmq.ts';
import { describeAddress, parseRedisUrl, type RedisAddress } from './redis-url.ts';

/** A connection that comes back by itself when Redis was away. */
export interface RedisConnection {
  readonly redis: Redis;
  /** Address for people, without user and password. */
  readonly name: string;
  /** True when Redis keeps an append-only file: what it has answered survives its restart. */
  readonly isDurable: boolean;
  /** Rejects (tool-failed) when Redis was away for giveUpS; settles never else. */
  readonly lost: Promise<never>;
  close(): void;
}

export interface ConnectionOptions {
  /** redis://[USER:PASSWORD@]HOST[:PORT][/DB] */
  readonly url: string;
  /** Used where the URL has none, so that it need not stand in a command line. */
  readonly password?: string;
  /** How long Redis may be away before the work is given up, seconds; default GIVE_UP_S. */
  readonly giveUpS?: number;
}

/** Default of giveUpS, seconds. */
export const GIVE_UP_S = 300;

/** Oldest Redis that the queue is tried with; BullMQ wants it as well. */
const OLDEST_REDIS: readonly [number, number] = [6, 2];
const OPENING_TIMEOUT_MS = 10_000;
/** No answer to a command for so long: the connection is dead, though nobody said so. */
const SILENCE_MS = 120_000;
const RETRY_MAX_MS = 2_000;

/**
 * Connects to a Redis and looks whether it can hold the queue.
 * @throws bad-input when the address is none, the password is refused or no such data base is there; tool-missing when
 *   nothing answers there; tool-failed when what answers is no Redis, too old, a replica, or evicts keys
 */
export async function openRedis(options: ConnectionOptions): Promise<RedisConnection> {
  const address = parseRedisUrl(options.url, options.password);
  const { Redis } = await loadBullmq();
  const name = describeAddress(address);
  let isOpen = false;
  let lastError: Error | undefined;
  const { host, port, username, password, tls } = address;
  const redis = new Redis({
    host,
    port,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
    db: address.db,
    lazyConnect: true,
    connectTimeout: OPENING_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (isOpen ? Math.min(50 * 2 ** Math.min(times, 10), RETRY_MAX_MS) : null),
  });
  redis.on('error', (error: Error) => {
    lastError = error;
  });
  try {
    const isDurable = await within(OPENING_TIMEOUT_MS, look(redis, address, name), name);
    isOpen = true;
    const { lost, forget } = watch(redis, name, options.giveUpS ?? GIVE_UP_S, () => lastError);
    return {
      redis,
      name,
      isDurable,
      lost,
      close: () => {
        forget();
        // BullMQ's copies of the connection end as well.
        isOpen = false;
        redis.disconnect();
      },
    };
  } catch (error) {
    redis.disconnect();
    throw error instanceof MaxdnnError ? error : openingError(name, lastError ?? (error as Error));
  }
}

/** @returns whether there is an append-only file */
async function look(redis: Redis, { db }: RedisAddress, name: string): Promise<boolean> {
  await redis.connect();
  // Asked once more: a refused data base is not told when connecting, and the work would go to number 0.
  await redis.select(db);
  const fields = new Map(
    (await redis.info())
      .split(/\r?\n/)
      .map((line) => line.split(':', 2) as [string, string])
      .filter(([, value]) => value !== undefined),
  );
  const version = fields.get('redis_version') ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_REDIS;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    throw new MaxdnnError('tool-failed', `${name}: Redis ${version} is too old for the queue`, {
      hint: `Use Redis ${OLDEST_REDIS.join('.')} or newer (Debian 12 has 7.0: apt-get install redis-server).`,
    });
  }
  if (fields.get('role') === 'slave') {
    throw new MaxdnnError('tool-failed', `${name} is a replica, which takes no writes`, {
      hint: 'Give the address of its master.',
    });
  }
  const policy = fields.get('maxmemory_policy') ?? 'noeviction';
  if (policy.startsWith('allkeys')) {
    throw new MaxdnnError('tool-failed', `${name} throws results away when it is full (${policy})`, {
      hint: 'Set "maxmemory-policy noeviction" in redis.conf.',
    });
  }
  return fields.get('aof_enabled') === '1';
}

function openingError(name: string, error: Error): MaxdnnError {
  const message = error.message.replace(/\. Please report this\.$/, '');
  if (/WRONGPASS|NOAUTH|NOPERM|AUTH failed|invalid password/.test(message)) {
    return badInput(
      { where: name, wanted: 'user and password that Redis accepts', found: `"${message}"` },
      'Give them in the address, redis://USER:PASSWORD@HOST, or the password as MAXDNN_QUEUE_PASSWORD.',
    );
  }
  if (/DB index is out of range/.test(message)) {
    return badInput(
      { where: name, wanted: 'the number of a data base that Redis has', found: `"${message}"` },
      'A Redis has data bases 0 to 15 if its "databases" setting does not say otherwise.',
    );
  }
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== undefined && /^E[A-Z_]+$/.test(code)) {
    return new MaxdnnError('tool-missing', `No Redis answers at ${name} (${code})`, {
      hint: 'Start it there (on Debian: apt-get install redis-server; settings: docs/scale-out.md), or correct the address.',
    });
  }
  return new MaxdnnError('tool-failed', `What answers at ${name} is no usable Redis: ${message}`, {
    hint: 'Check host and port, and rediss:// where it wants TLS.',
  });
}

/** Watches for the connection to be away too long. */
function watch(redis: Redis, name: string, giveUpS: number, lastError: () => Error | undefined) {
  let timer: NodeJS.Timeout | undefined;
  const onReady = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  let isClosed = false;
  const lost = new Promise<never>((_resolve, reject) => {
    redis.on('ready', onReady);
    redis.on('close', () => {
      if (isClosed) return;
      timer ??= setTimeout(() => {
        const reason = lastError()?.message ?? 'connection closed';
        const message = `Redis at ${name} has been away for ${giveUpS} s (${reason})`;
        const hint =
          'Start it again on the same folder and give the same command: finished results are kept.';
        reject(new MaxdnnError('tool-failed', message, { hint }));
      }, giveUpS * 1000);
    });
  });
  lost.catch(() => {});
  const forget = (): void => {
    isClosed = true;
    clearTimeout(timer);
  };
  return { lost, forget };
}

async function within<T>(timeoutMs: number, work: Promise<T>, name: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const message = `What is at ${name} does not answer like a Redis within ${timeoutMs / 1000} s`;
      reject(new MaxdnnError('tool-failed', message, { hint: 'Check host and port.' }));
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}
