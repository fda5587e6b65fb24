import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRedis } from '../../src/queue/open-redis.ts';
import { toolMissing } from '../tool-missing.ts';
import { freePort, type TestRedis, testRedis } from './redis-server.ts';

const skipped = toolMissing('redis-server') ? ' [skipped: no redis-server]' : '';
const PASSWORD = 'se/cr@t';

/** What opening throws, as one object. */
async function refusal(url: string, password?: string): Promise<unknown> {
  try {
    (await openRedis(password === undefined ? { url } : { url, password })).close();
    return undefined;
  } catch (error) {
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/se.?cr|se%2Fcr/);
    return error;
  }
}

test('nothing answers', async () => {
  const port = await freePort();
  expect(await refusal(`redis://127.0.0.1:${port}`)).toMatchObject({
    code: 'tool-missing',
    message: `No Redis answers at redis://127.0.0.1:${port} (ECONNREFUSED)`,
  });
  expect(await refusal('redis://no-such-host.invalid:1')).toMatchObject({
    code: 'tool-missing',
    message: expect.stringMatching(/^No Redis answers at redis:\/\/no-such-host\.invalid:1 \(E[A-Z_]+\)$/),
  });
});

test('something else answers', async () => {
  const port = await freePort();
  const server = await new Promise<Server>((resolve) => {
    const other = createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    other.listen(port, '127.0.0.1', () => resolve(other));
  });
  expect(await refusal(`redis://127.0.0.1:${port}`)).toMatchObject({
    code: 'tool-failed',
    message: expect.stringMatching(
      new RegExp(`^What answers at redis://127.0.0.1:${port} is no usable Redis: `),
    ),
  });
  await new Promise((resolve) => server.close(resolve));
});

describe.skipIf(skipped !== '')(`a Redis with a password${skipped}`, () => {
  let redis: TestRedis;
  let place = '';
  beforeAll(async () => {
    redis = await testRedis(['--requirepass', PASSWORD]);
    await redis.start();
    place = `127.0.0.1:${redis.port}`;
  });
  afterAll(() => redis?.stop());

  test('opens with it, in the URL or beside it', async () => {
    const inUrl = await openRedis({ url: `redis://:${encodeURIComponent(PASSWORD)}@${place}/3` });
    expect([inUrl.name, inUrl.isDurable]).toEqual([`redis://${place}/3`, true]);
    await inUrl.redis.set('where', '3');
    inUrl.close();
    const beside = await openRedis({ url: `redis://${place}/3`, password: PASSWORD });
    expect(await beside.redis.get('where')).toBe('3');
    beside.close();
  });

  test('none and a wrong one are bad input, and are not told', async () => {
    const wanted = {
      code: 'bad-input',
      message: expect.stringMatching(/^redis:\S+: wanted user and password/),
    };
    expect(await refusal(`redis://${place}`)).toMatchObject(wanted);
    expect(await refusal(`redis://:wrong-se-cret@${place}`)).toMatchObject(wanted);
    expect(await refusal(`redis://somebody:se.cret@${place}`)).toMatchObject(wanted);
  });

  test('a data base that is not there, a replica, one that evicts', async () => {
    expect(await refusal(`redis://${place}/77`, PASSWORD)).toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/wanted the number of a data base that Redis has, found "ERR DB index/),
    });
    const look = redis.look();
    await look.config('SET', 'maxmemory-policy', 'allkeys-lru');
    expect(await refusal(`redis://${place}`, PASSWORD)).toMatchObject({
      code: 'tool-failed',
      message: `redis://${place} throws results away when it is full (allkeys-lru)`,
    });
    await look.config('SET', 'maxmemory-policy', 'noeviction');
    await look.config('SET', 'appendonly', 'no');
    const forgetful = await openRedis({ url: redis.url, password: PASSWORD });
    expect(forgetful.isDurable).toBe(false);
    forgetful.close();
    await look.replicaof('127.0.0.1', 1);
    expect(await refusal(`redis://${place}`, PASSWORD)).toMatchObject({
      code: 'tool-failed',
      message: `redis://${place} is a replica, which takes no writes`,
    });
  });
});
