import { expect, test } from 'vitest';
import { arrayForAssignment } from '../../src/accel/array-for-assignment.ts';
import type { AcceleratorChoice } from '../../src/cli/array-options.ts';
import { withBaseline } from '../../src/cli/commands/synth-array.ts';
import { EXACT_INT8, type MixedAssignment, uniformAssignment } from '../../src/dnn/assignment.ts';
import { skipWeights } from '../../src/dnn/mixture.ts';
import { isWeighted } from '../../src/dnn/quantised-network.ts';
import { smallNetwork } from '../accel/small-network.ts';

const network = smallNetwork(1, 2);
const exact = uniformAssignment(network, EXACT_INT8);
const choiceOf = (name: string, assignment: MixedAssignment, own = network): AcceleratorChoice => ({
  name,
  network: own,
  assignment,
  roundedOperand: 'activations',
  spec: arrayForAssignment(own, assignment, 'activations', { rows: 2, columns: 2 }),
});
const baseline = choiceOf('baseline', exact);

test('the same network on the same array is estimated once', () => {
  expect(withBaseline(baseline, choiceOf('exact', exact)).map(({ name }) => name)).toEqual(['baseline']);
});

test('skipped weights and tuned constants are an accelerator of their own, also on the same array', () => {
  const skipping = new Map(
    network.layers
      .filter(isWeighted)
      .map((layer) => [layer.name, skipWeights(layer, EXACT_INT8, (code) => Math.abs(code) < 8)] as const),
  );
  const layers = network.layers.map((layer) =>
    isWeighted(layer) ? { ...layer, bias: layer.bias.map((value) => value + 1) } : layer,
  );
  for (const own of [choiceOf('own', skipping), choiceOf('own', exact, { ...network, layers })]) {
    expect(own.spec).toEqual(baseline.spec);
    expect(withBaseline(baseline, own).map(({ name }) => name)).toEqual(['baseline', 'own']);
  }
});
