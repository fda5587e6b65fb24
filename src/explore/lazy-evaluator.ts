import type { Evaluator } from './evaluator.ts';

/** An evaluator that starts when the first variants have to be scored. */
export function lazyEvaluator(start: () => Evaluator | Promise<Evaluator>): Evaluator {
  let started: Promise<Evaluator> | undefined;
  const get = (): Promise<Evaluator> => {
    started ??= Promise.resolve().then(start);
    return started;
  };
  return {
    score: async (variants, onScored) =>
      variants.length === 0 ? [] : (await get()).score(variants, onScored),
    async close() {
      // One that did not start has nothing to close; why is told by score.
      await started?.then(
        (evaluator) => evaluator.close(),
        () => {},
      );
    },
  };
}
