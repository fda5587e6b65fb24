import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { Redis } from 'ioredis';
import { temporaryFolder } from '../cli/command-line.ts';

/** A Redis of its own for one test file, with an append-only file as docs/scale-out.md says. */
export interface TestRedis {
  readonly port: number;
  readonly url: string;
  readonly start: () => Promise<void>;
  /** Ends the server, in the middle of whatever it does. */
  readonly kill: (signal?: 'SIGKILL' | 'SIGTERM') => Promise<void>;
  /** A connection to look at what is there; closed by stop. */
  readonly look: () => Redis;
  /** Ends the server and removes its folder. */
  readonly stop: () => Promise<void>;
}

export async function testRedis(args: readonly string[] = []): Promise<TestRedis> {
  const folder = temporaryFolder('redis');
  const port = await freePort();
  let server: ReturnType<typeof serve> | undefined;
  let looking: Redis | undefined;
  const kill = async (signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> => {
    server?.kill(signal);
    await server;
    server = undefined;
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    async start() {
      server = serve(port, folder.path, args);
      await answering(port, args);
    },
    kill,
    look() {
      looking ??= connectionTo(port, args);
      return looking;
    },
    async stop() {
      looking?.disconnect();
      await kill();
      rmSync(folder.path, { recursive: true, force: true });
    },
  };
}

function serve(port: number, cwd: string, args: readonly string[]) {
  const settings = `--port ${port} --bind 127.0.0.1 --appendonly yes --appendfsync always --save`.split(' ');
  return execa('redis-server', [...settings, '', ...args], { cwd, reject: false });
}

/** A port that nobody listens at. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function connectionTo(port: number, args: readonly string[]): Redis {
  const at = args.indexOf('--requirepass');
  const redis = new Redis({ port, host: '127.0.0.1', ...(at < 0 ? {} : { password: args[at + 1]! }) });
  redis.on('error', () => {});
  return redis;
}

async function answering(port: number, args: readonly string[]): Promise<void> {
  const redis = connectionTo(port, args);
  try {
    await Promise.race([
      redis.ping(),
      delay(10_000).then(() => Promise.reject(new Error('redis-server does not start'))),
    ]);
  } finally {
    redis.disconnect();
  }
}
