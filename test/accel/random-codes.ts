import { createRng } from '../../src/base/rng.ts';
import type { QuantisedNetwork } from '../../src/dnn/quantised-network.ts';

/** Codes of an image of a network, evenly random. */
export function randomCodes({ input }: QuantisedNetwork, seed: number): Int8Array {
  const rng = createRng(seed);
  return Int8Array.from({ length: input.height * input.width * input.channels }, () =>
    rng.nextInt(-128, 127),
  );
}
