import type { Redis } from 'ioredis';
import { MaxdnnError } from '../base/errors.ts';
import type { LayerVariant, NetworkVariant } from '../dnn/layer-variant.ts';
import type { Evaluator, EvaluatorSetup, VariantScore } from '../explore/evaluator.ts';
import { isLoaded, registerTable, TABLE_PAIRS } from '../multiplier/table-registry.ts';
import { createBlobStore } from './blob-store.ts';
import { readJob, readScore } from './job.ts';
import { createRecent } from './recent.ts';
import { unpackSetup } from './setup-content.ts';
import { tableSpecs, unpackVariant } from './variant-content.ts';

/** Does jobs with what they name in Redis. */
export interface JobScorer {
  /** @throws tool-failed when the job is none of ours or what it names is missing or damaged; what the work throws */
  score(job: unknown): Promise<VariantScore>;
  close(): Promise<void>;
}

export interface JobScorerOptions {
  readonly redis: Redis;
  readonly prefix: string;
  /** Name of this worker. */
  readonly worker: string;
  readonly openEvaluator: (setup: EvaluatorSetup) => Evaluator | Promise<Evaluator>;
}

/** Setups whose threads and caches are kept: users with different ones may share the workers. */
const SETUPS_MAX = 2;
const VARIANTS_MAX_BYTES = 256 * 2 ** 20;

export function createJobScorer({ redis, prefix, worker, openEvaluator }: JobScorerOptions): JobScorer {
  const store = createBlobStore(redis, prefix, 0);

  const setups = createRecent(
    SETUPS_MAX,
    async (digest) => {
      const setup = unpackSetup(await store.get(digest), `setup ${digest.slice(0, 12)} in Redis`);
      const evaluator = await openEvaluator(setup);
      return { thing: { evaluator, images: setup.images.images }, weight: 1 };
    },
    ({ evaluator }) => evaluator.close(),
  );

  const variants = createRecent<LayerVariant>(VARIANTS_MAX_BYTES, async (digest) => {
    const bytes = await store.get(digest);
    const variant = unpackVariant(bytes, `variant ${digest.slice(0, 12)} in Redis`);
    for (const spec of tableSpecs(variant.multiplier)) {
      if (!isLoaded(spec)) registerTable(tableCodes(await store.get(spec.sha256), spec.name));
    }
    return { thing: variant, weight: bytes.length };
  });

  return {
    async score(value) {
      const job = readJob(value, worker);
      const { evaluator, images } = await setups.get(job.setup);
      const layers = Object.entries(job.layers);
      const variant: NetworkVariant = new Map(
        await Promise.all(
          layers.map(async ([layer, digest]) => [layer, await variants.get(digest)] as const),
        ),
      );
      try {
        const [score] = await evaluator.score([variant]);
        return readScore(score, images, `worker ${worker}`);
      } catch (error) {
        // Its threads may have ended: the next try gets new ones.
        if (!(error instanceof MaxdnnError) || error.code === 'internal') await setups.drop(job.setup);
        throw error;
      }
    },
    close: () => setups.clear(),
  };
}

function tableCodes(bytes: Uint8Array, name: string): Uint16Array {
  if (bytes.length !== 2 * TABLE_PAIRS) {
    throw new MaxdnnError('tool-failed', `Truth table ${name} in Redis has ${bytes.length} bytes`, {
      hint: 'Add the multiplier again with maxdnn add-multiplier.',
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Uint16Array.from({ length: TABLE_PAIRS }, (_, index) => view.getUint16(2 * index, true));
}
