import { parseAssignmentName } from '../assign/assignment-name.ts';
import { planNetwork, planOfName } from '../assign/layer-plan.ts';
import { EXACT_INT8, type MixedAssignment } from '../dnn/assignment.ts';
import { isWeighted, type QuantisedNetwork } from '../dnn/quantised-network.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';

/** A multiplier by its digit in the names of assignments. */
export interface PaletteChoice {
  readonly title: string;
  readonly spec: MultiplierSpec;
}

/**
 * The exact multiplier and three ROUP ones. Which three the paper has is not available to us; these are ours: one that
 * only rounds, one that rounds and perforates a little, and one that does both heavily.
 */
export const PALETTE: readonly PaletteChoice[] = [
  { title: 'exact', spec: EXACT_INT8 },
  { title: 'mild', spec: { family: 'roup', bits: 8, P: 0, r: [6, 4, 2, 0] } },
  { title: 'medium', spec: { family: 'roup', bits: 8, P: 1, r: [2, 2, 2] } },
  { title: 'strong', spec: { family: 'roup', bits: 8, P: 2, r: [4, 4] } },
];

/**
 * The assignment that a name stands for, with the palette's digits. Dense layers are exact: ALWANN puts its multipliers
 * into convolutions only.
 * @throws bad-input when the name does not suit the network
 */
export function namedAssignment(network: QuantisedNetwork, name: string): MixedAssignment {
  const dense = network.layers.filter((layer) => layer.op === 'dense').map((layer) => layer.name);
  const specs = PALETTE.map(({ spec }) => spec);
  const where = `assignment ${name}`;
  const plan = new Map(planOfName(network, parseAssignmentName(name, where), specs, where, dense));
  for (const layer of dense) plan.set(layer, { level: { kind: 'llam' }, specs: [EXACT_INT8] });
  return planNetwork(network, plan);
}

/** One multiplier for all convolutions, dense layers exact. */
export function convolutionAssignment(network: QuantisedNetwork, spec: MultiplierSpec): MixedAssignment {
  return new Map(
    network.layers
      .filter(isWeighted)
      .map((layer) => [layer.name, layer.op === 'dense' ? EXACT_INT8 : spec] as const),
  );
}
