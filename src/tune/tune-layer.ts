import { specsOfWeights } from '../dnn/assignment.ts';
import { inputOf } from '../dnn/layer-operands.ts';
import type { LayerVariant } from '../dnn/layer-variant.ts';
import { isBilinear } from '../multiplier/golden.ts';
import { compensateLayer, FULL_EFFORT, type TuningEffort } from './compensate-layer.ts';
import { type InputStatistics, measureInputs } from './input-statistics.ts';
import { type MapLayerRequest, mapLayer } from './map-layer.ts';
import type { TuningChoice } from './tuning.ts';

export interface TuneLayerRequest extends Omit<MapLayerRequest, 'choice'> {
  readonly choice: TuningChoice;
  /** Default: FULL_EFFORT. */
  readonly effort?: TuningEffort;
  /** Moments of these very samples at this factor, where they are known already. */
  readonly statistics?: InputStatistics;
}

/** The constants of a layer for its multipliers. */
export function tuneLayer(request: TuneLayerRequest): LayerVariant {
  const { network, layer, multiplier, exact, own, factor, rescale, choice } = request;
  const { specs } = specsOfWeights(layer, multiplier);
  if (choice.weights !== 'compensated' || !specs.every(isBilinear)) {
    const weights = choice.weights === 'compensated' ? 'measured' : choice.weights;
    const bias = choice.bias || choice.weights === 'compensated';
    return mapLayer({ ...request, choice: { weights, bias } });
  }
  const { activations, inputZeroPoint } = inputOf(network, layer);
  const statistics =
    request.statistics ?? measureInputs(exact, own, factor, rescale, activations, inputZeroPoint);
  const { effort = FULL_EFFORT } = request;
  return compensateLayer({ ...request, multiplier, statistics, effort }).variant;
}
