import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { arrayForAssignment } from '../../src/accel/array-for-assignment.ts';
import { cosimulateNetwork } from '../../src/accel/cosim-network.ts';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { sliceDataset } from '../../src/dnn/data/dataset.ts';
import { readFloatNetwork } from '../../src/dnn/float-network-file.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { generateSyntheticImages } from '../../src/dnn/synthetic/dataset.ts';

describe('the embedded network on the accelerator', () => {
  test('exact', async () => {
    const outDir = '/tmp/cosim-int';
    mkdirSync(outDir, { recursive: true });
    const train = generateSyntheticImages({ split: 'train', count: 64 });
    const network = quantiseNetwork(readFloatNetwork('models/synthetic-resnet8.json'), train);
    const assignment = uniformAssignment(network, EXACT_INT8);
    const n = Number(process.env.ARRAY ?? 8);
    const spec = arrayForAssignment(network, assignment, 'activations', { rows: n, columns: n });
    const result = await cosimulateNetwork({
      network,
      assignment,
      roundedOperand: 'activations',
      spec,
      images: sliceDataset(train, 0, 2),
      outDir,
      onProgress: (event) => console.log(JSON.stringify(event)),
    });
    for (const layer of result.layers) console.log(JSON.stringify(layer));
    for (const c of result.counters) console.log(JSON.stringify(c));
    console.log(result.imageCycles, result.imagesPerSecond, result.brokenRules);
    expect(result.verified).toBe(true);
  }, 600000);
});
