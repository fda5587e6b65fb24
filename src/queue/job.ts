import { digestOf } from '../base/artifact.ts';
import { EXIT_CODES, MaxdnnError, show } from '../base/errors.ts';
import { MAXDNN_VERSION } from '../base/package-root.ts';
import { compileSchema } from '../base/schema-check.ts';
import { DIGEST } from '../dnn/schema-parts.ts';
import type { VariantScore } from '../explore/evaluator.ts';
import { describeFailure, failureError, type WorkerFailure } from '../explore/worker-failure.ts';

/** Version of everything that stands in Redis: jobs, contents and results. */
export const QUEUE_FORMAT_VERSION = 1;

/** Name of the queue: programs of another format do not see it. */
export const QUEUE_NAME = `scores-v${QUEUE_FORMAT_VERSION}`;

/** Prefix of all keys in Redis by default; another one keeps users apart. */
export const DEFAULT_PREFIX = 'maxdnn';

/** Name of each job. */
export const JOB_NAME = 'score';

/** One variant of a network to be scored: everything by SHA-256. */
export interface ScoreJob {
  /** Scores belong to the version that computed them. */
  readonly maxdnnVersion: string;
  readonly setup: string;
  /** Variant by layer. */
  readonly layers: Readonly<Record<string, string>>;
}

/** The job of a variant. */
export function scoreJob(setup: string, layers: ReadonlyMap<string, string>): ScoreJob {
  return { maxdnnVersion: MAXDNN_VERSION, setup, layers: Object.fromEntries(layers) };
}

/** Id of a job: the same work has the same one, so it is done once. */
export function jobId(job: ScoreJob): string {
  return digestOf(job);
}

/**
 * A job from Redis.
 * @param worker name of this worker
 * @throws tool-failed when it is none, or from another version of maxdnn
 */
export function readJob(value: unknown, worker: string): ScoreJob {
  const faults = checkJob(value, 'job');
  if (faults.length > 0) {
    const [{ wanted, found }] = faults as [(typeof faults)[0]];
    throw new MaxdnnError(
      'tool-failed',
      `Worker ${worker} got no valid job: wanted ${wanted}, found ${found}`,
      {
        hint: 'Something else wrote into the queue: use another prefix (--queue-prefix).',
      },
    );
  }
  const job = value as ScoreJob;
  if (job.maxdnnVersion !== MAXDNN_VERSION) {
    throw new MaxdnnError(
      'tool-failed',
      `Worker ${worker} has maxdnn ${MAXDNN_VERSION} and refuses a job of maxdnn ${show(job.maxdnnVersion)}`,
      { hint: 'Install the same version on all machines and start their workers again.' },
    );
  }
  return job;
}

/**
 * A score from Redis or from an evaluator.
 * @throws tool-failed when it is none
 */
export function readScore(value: unknown, images: number, where: string): VariantScore {
  const faults = checkScore(value, where);
  const score = value as VariantScore;
  if (faults.length === 0 && score.images === images && score.correct <= images) return score;
  throw new MaxdnnError('tool-failed', `${where}: wanted a score of ${images} images, found ${show(value)}`, {
    hint: 'Remove it from Redis, or use another prefix (--queue-prefix), and give the same command again.',
  });
}

/** An error as the reason that BullMQ keeps with a failed job. */
export function failureText(error: unknown): string {
  return JSON.stringify(describeFailure(error));
}

/** The error of such a reason, or of one in BullMQ's own words. */
export function failureOf(reason: unknown): MaxdnnError {
  let value: unknown;
  try {
    value = JSON.parse(String(reason));
  } catch {
    value = undefined;
  }
  if (checkFailure(value, 'failure').length === 0) {
    return failureError(value as WorkerFailure);
  }
  if (/stalled more than/.test(String(reason))) {
    const message = `All workers that took a job ended before it was done, more than ${STALLS_MAX} of them`;
    return new MaxdnnError('tool-failed', message, {
      hint: 'Do they run out of memory? See what they print.',
    });
  }
  return new MaxdnnError('tool-failed', `A job of the queue failed: ${show(reason, 300)}`, {
    hint: 'See what the workers print.',
  });
}

/** How often a job is given to another worker after its own has ended in the middle. */
export const STALLS_MAX = 5;

const checkJob = compileSchema({
  type: 'object',
  required: ['maxdnnVersion', 'setup', 'layers'],
  additionalProperties: false,
  properties: {
    maxdnnVersion: { type: 'string' },
    setup: DIGEST,
    layers: { type: 'object', additionalProperties: DIGEST },
  },
});

const checkScore = compileSchema({
  type: 'object',
  required: ['images', 'correct', 'klNats'],
  additionalProperties: false,
  properties: {
    images: { type: 'integer', minimum: 1 },
    correct: { type: 'integer', minimum: 0 },
    klNats: { type: 'number' },
  },
});

const checkFailure = compileSchema({
  type: 'object',
  required: ['code', 'message'],
  additionalProperties: false,
  properties: {
    code: { enum: Object.keys(EXIT_CODES) },
    message: { type: 'string' },
    hint: { type: 'string' },
  },
});
