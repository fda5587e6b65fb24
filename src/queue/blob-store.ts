import { deflateSync, inflateSync } from 'node:zlib';
import type { Redis } from 'ioredis';
import { badInput, MaxdnnError } from '../base/errors.ts';
import { sha256 } from '../base/files.ts';

/**
 * Contents in Redis under their SHA-256: what jobs name and workers fetch. Compressed; a content that does not have
 * the SHA-256 it stands under is never used.
 */
export interface BlobStore {
  /**
   * Stores what is not there yet.
   * @param contents by SHA-256; made only when they are missing
   */
  put(contents: ReadonlyMap<string, () => Uint8Array>): Promise<void>;
  /** @throws tool-failed when it is not there, or not what its name says (it is removed then) */
  get(digest: string): Promise<Uint8Array>;
}

/** A Redis string is at most this long, bytes. Source: Redis, "Strings", limits (proto-max-bulk-len). */
const BLOB_MAX_BYTES = 512 * 2 ** 20;
/** Largest content that is unpacked, bytes. */
const CONTENT_MAX_BYTES = 2 ** 31 - 1;
/** Fast: images gain little from more, indices of mixtures are small already. */
const COMPRESSION_LEVEL = 1;
/** Answer of Redis to TTL. */
const NEVER_EXPIRES = -1;
/** Contents that are asked for or sent at a time. */
const BATCH = 200;

/**
 * @param prefix of the keys
 * @param keepS how long a content is kept after it was last put, seconds (at least half of it)
 */
export function createBlobStore(redis: Redis, prefix: string, keepS: number): BlobStore {
  const keyOf = (digest: string): string => `${prefix}:blob:${digest}`;

  const putOne = async (digest: string, content: () => Uint8Array): Promise<void> => {
    const left = await redis.ttl(keyOf(digest));
    if (left === NEVER_EXPIRES || left > keepS / 2) return;
    if (left >= 0 && (await redis.expire(keyOf(digest), keepS)) === 1) return;
    const bytes = deflateSync(content(), { level: COMPRESSION_LEVEL });
    if (bytes.length > BLOB_MAX_BYTES) {
      throw badInput(
        {
          where: 'network and images for the queue',
          wanted: `at most ${BLOB_MAX_BYTES} bytes, compressed`,
          found: String(bytes.length),
        },
        'Use fewer images.',
      );
    }
    await redis.set(keyOf(digest), bytes, 'EX', keepS);
  };

  return {
    async put(contents) {
      const all = [...contents];
      for (let at = 0; at < all.length; at += BATCH) {
        await Promise.all(all.slice(at, at + BATCH).map(([digest, content]) => putOne(digest, content)));
      }
    },

    async get(digest) {
      const key = keyOf(digest);
      const bytes = await redis.getBuffer(key);
      if (bytes === null) {
        throw new MaxdnnError('tool-failed', `Redis has no ${key} any more, which a job names`, {
          hint: 'Give the same command again: it stores what is missing.',
        });
      }
      const content = inflated(bytes);
      if (content !== undefined && sha256(content) === digest) return content;
      await redis.del(key);
      throw new MaxdnnError('tool-failed', `${key} in Redis is damaged: its SHA-256 is another one`, {
        hint: 'It was removed there. Give the same command again: it stores it anew.',
      });
    },
  };
}

function inflated(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return inflateSync(bytes, { maxOutputLength: CONTENT_MAX_BYTES });
  } catch {
    return undefined;
  }
}
