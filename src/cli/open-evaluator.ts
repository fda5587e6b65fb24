import { badInput, show } from '../base/errors.ts';
import type { Evaluator, EvaluatorSetup } from '../explore/evaluator.ts';
import { startLocalEvaluator } from '../explore/local-evaluator.ts';
import { connectQueueEvaluator } from '../queue/connect-queue-evaluator.ts';
import { DEFAULT_PREFIX } from '../queue/job.ts';
import { GIVE_UP_S } from '../queue/open-redis.ts';
import type { CommandArguments, CommandOption } from './command.ts';
import { integerOption, textOption } from './options.ts';

/** Which queue is meant; options of the verbs that use one. */
export const QUEUE_OPTIONS: Readonly<Record<string, CommandOption>> = {
  queue: {
    type: 'string',
    value: 'URL',
    describe:
      'Redis whose workers do the work, redis://[USER:PASSWORD@]HOST[:PORT][/DB] (password also as MAXDNN_QUEUE_PASSWORD)',
  },
  'queue-prefix': {
    type: 'string',
    value: 'NAME',
    describe: 'start of all keys in Redis; another one keeps users of one Redis apart',
    default: DEFAULT_PREFIX,
  },
  'queue-timeout': {
    type: 'string',
    value: 'SECONDS',
    describe: `how long Redis may be away before the work is given up (default: ${GIVE_UP_S})`,
  },
};

const TIMEOUT_MAX_S = 1_000_000;

/** A queue as the options name it. */
export interface QueueChoice {
  readonly url: string;
  readonly prefix: string;
  readonly password?: string;
  readonly giveUpS?: number;
}

/** The queue of --queue; undefined without it. @throws bad-input */
export function queueChoice(args: CommandArguments): QueueChoice | undefined {
  const url = textOption(args, 'queue');
  if (url === undefined) return undefined;
  const prefix = textOption(args, 'queue-prefix') ?? DEFAULT_PREFIX;
  if (!/^[\w.-]{1,64}$/.test(prefix)) {
    throw badInput(
      { where: '--queue-prefix', wanted: '1 to 64 letters, digits, dots or dashes', found: show(prefix) },
      'For example your name: --queue-prefix alice.',
    );
  }
  const password = process.env.MAXDNN_QUEUE_PASSWORD;
  const giveUpS = integerOption(args, 'queue-timeout', 1, TIMEOUT_MAX_S);
  return {
    url,
    prefix,
    ...(password ? { password } : {}),
    ...(giveUpS === undefined ? {} : { giveUpS }),
  };
}

/**
 * The evaluator of an exploration: threads of this process, or the workers of a queue.
 * @param workers threads without a queue
 * @throws as startLocalEvaluator or connectQueueEvaluator
 */
export async function openEvaluator(
  queue: string | QueueChoice | undefined,
  setup: EvaluatorSetup,
  workers: number,
  onNotice: (text: string) => void = () => {},
): Promise<Evaluator> {
  if (queue === undefined) return startLocalEvaluator(setup, { workers });
  const choice = typeof queue === 'string' ? { url: queue } : queue;
  return connectQueueEvaluator(setup, { ...choice, onNotice });
}
