import type { OnProgress } from '../base/progress.ts';
import { applyVariants } from '../dnn/apply-variants.ts';
import { EXACT_INT8, type RoundedOperand, uniformAssignment } from '../dnn/assignment.ts';
import type { Dataset } from '../dnn/data/dataset.ts';
import type { NetworkVariant } from '../dnn/layer-variant.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import { countAccuracy } from './classification.ts';
import type { Accuracy, ComparedAccuracy } from './evaluation.ts';
import { comparePaired } from './paired-change.ts';
import { startPool } from './predict.ts';

export interface TestRequest {
  readonly network: QuantisedNetwork;
  readonly test: Dataset;
  readonly roundedOperand: RoundedOperand;
  readonly variants: readonly NetworkVariant[];
  readonly workers: number;
  readonly onProgress: OnProgress;
}

/** Accuracy of the exact network and of variants on the test images, each against the exact one image by image. */
export async function testPoints({
  network,
  test,
  roundedOperand,
  variants,
  workers,
  onProgress,
}: TestRequest): Promise<{ readonly exact: Accuracy; readonly points: readonly ComparedAccuracy[] }> {
  const pool = startPool(test, workers);
  const total = (variants.length + 1) * test.images;
  let done = 0;
  const note = `test images of ${test.name}`;
  const onChunk = ({ images }: { readonly images: number }): void => {
    done += images;
    onProgress({ stage: 'test', done, total, unit: 'images', note });
  };
  try {
    const assignment = uniformAssignment(network, EXACT_INT8);
    const exact = await pool.predict({ network, assignment, roundedOperand }, onChunk);
    const points: ComparedAccuracy[] = [];
    for (const variant of variants) {
      const predictions = await pool.predict({ ...applyVariants(network, variant), roundedOperand }, onChunk);
      points.push({
        ...countAccuracy(predictions, test.labels),
        ...comparePaired(predictions, exact, test.labels),
      });
    }
    return { exact: countAccuracy(exact, test.labels), points };
  } finally {
    await pool.close();
  }
}
