import type { OnProgress } from '../base/progress.ts';
import type { RoundedOperand } from '../dnn/assignment.ts';
import type { Dataset } from '../dnn/data/dataset.ts';
import type { NetworkVariant } from '../dnn/layer-variant.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import { type RefineRequest, refineSampling, refineVariant } from '../tune/refine.ts';
import { sampleExact } from '../tune/sample-exact.ts';
import { createTuner } from '../tune/tuner.ts';
import type { TuningChoice } from '../tune/tuning.ts';
import type { Accuracy, ComparedAccuracy } from './evaluation.ts';
import type { Evaluator, VariantScore } from './evaluator.ts';
import { polishScales } from './polish-scales.ts';
import { testPoints } from './test-points.ts';

/** One way of tuning an assignment, and what it gives. */
export interface TuningResult {
  readonly name: string;
  readonly choice: TuningChoice;
  readonly variant: NetworkVariant;
  /** On the calibration images, which the tuning saw. */
  readonly calibration: VariantScore;
  /** On test images. */
  readonly test?: ComparedAccuracy;
}

export interface TuningComparison {
  readonly exact?: Accuracy;
  /** In the order of TUNING_STEPS. */
  readonly results: readonly TuningResult[];
}

export interface CompareTuningsRequest {
  readonly network: QuantisedNetwork;
  /** Multipliers; its constants are left aside. */
  readonly variant: NetworkVariant;
  readonly roundedOperand: RoundedOperand;
  /** Training images. */
  readonly calibration: Dataset;
  readonly test?: Dataset;
  /** On the calibration images. */
  readonly evaluator: Evaluator;
  readonly workers: number;
  /** Names of the ways to try; default: all of TUNING_STEPS. */
  readonly only?: readonly string[];
  readonly onProgress: OnProgress;
}

interface TuningStep {
  readonly name: string;
  readonly choice: TuningChoice;
  /** Layer after layer, and activation scales by KL, as the options of explore have it. */
  readonly refine: 'none' | 'layers' | 'scales';
}

const step = (
  name: string,
  weights: TuningChoice['weights'],
  bias: boolean,
  activationScale: boolean,
  refine: TuningStep['refine'] = 'none',
): TuningStep => ({ name, choice: { weights, bias, activationScale }, refine });

/** From nothing to everything. */
export const TUNING_STEPS: readonly TuningStep[] = [
  step('none', 'none', false, false),
  step('ALWANN', 'alwann', false, false),
  step('measured', 'measured', false, false),
  step('bias', 'none', true, false),
  step('measured + bias', 'measured', true, false),
  step('measured + bias + scale', 'measured', true, true),
  step('measured + bias + scale, layer by layer', 'measured', true, true, 'layers'),
  step('compensated', 'compensated', true, false),
  step('compensated + scale', 'compensated', true, true),
  step('compensated, layer by layer', 'compensated', true, false, 'layers'),
  step('compensated + scale, layer by layer', 'compensated', true, true, 'layers'),
  step('compensated + scale by KL, layer by layer', 'compensated', true, true, 'scales'),
];

/** An assignment tuned in every way, each scored on the calibration images and tested. */
export async function compareTunings(request: CompareTuningsRequest): Promise<TuningComparison> {
  const { network, variant, roundedOperand, calibration, test, evaluator, workers, onProgress } = request;
  const sampling = refineSampling(calibration.images);
  const exact = sampleExact(network, calibration, roundedOperand, sampling);
  const tuned: Omit<TuningResult, 'test'>[] = [];
  const { only } = request;
  const steps = TUNING_STEPS.filter(({ name }) => only === undefined || only.includes(name));
  for (const [done, { name, choice, refine }] of steps.entries()) {
    onProgress({ stage: 'tune', done, total: steps.length, note: name });
    const tuner = createTuner(network, calibration, roundedOperand, choice);
    const apart: NetworkVariant = new Map(
      [...variant].map(([layer, { multiplier }]) => [layer, tuner.variantOf(layer, multiplier)]),
    );
    const common: RefineRequest = { network, images: calibration, roundedOperand, choice, exact };
    const together = refine === 'none' ? apart : refineVariant(common, apart);
    const own =
      refine === 'scales'
        ? await polishScales(common, evaluator, together)
        : { variant: together, score: (await evaluator.score([together]))[0]! };
    tuned.push({ name, choice, variant: own.variant, calibration: own.score });
  }
  onProgress({ stage: 'tune', done: steps.length, total: steps.length });
  if (test === undefined) return { results: tuned };
  const variants = tuned.map((own) => own.variant);
  const tested = await testPoints({ network, test, roundedOperand, variants, workers, onProgress });
  return {
    exact: tested.exact,
    results: tuned.map((own, i) => ({ ...own, test: tested.points[i]! })),
  };
}
