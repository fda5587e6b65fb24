import { badInput } from '../base/errors.ts';
import { applyVariants } from '../dnn/apply-variants.ts';
import type { NetworkVariant } from '../dnn/layer-variant.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import type { BatchNormMode } from './batch-norm-mode.ts';

/**
 * The network with the tuned constants of an assignment; undefined where it has none.
 * @throws bad-input when it has and the batch norms are to be folded anew, which would undo them
 */
export function tunedNetwork(
  network: QuantisedNetwork,
  variant: NetworkVariant | undefined,
  name: string,
  mode: BatchNormMode,
): QuantisedNetwork | undefined {
  const constants = [...(variant?.values() ?? [])].map(({ multiplier: _multiplier, ...tuned }) => tuned);
  if (variant === undefined || constants.every((tuned) => Object.keys(tuned).length === 0)) return undefined;
  if (mode === 'fixed') return applyVariants(network, variant).network;
  throw badInput(
    { where: `assignment ${name}`, wanted: 'batch norm "fixed" with tuned constants', found: `"${mode}"` },
    'Tuning has set weights and biases for the stored statistics: leave --batch-norm out.',
  );
}
