import { expect, test } from 'vitest';
import { sha256 } from '../../src/base/files.ts';
import { shippedFile } from '../../src/base/package-root.ts';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { readFloatNetwork } from '../../src/dnn/float-network-file.ts';
import { infer } from '../../src/dnn/infer.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { quantisedNetworkDigest } from '../../src/dnn/quantised-network.ts';
import { generateSyntheticImages } from '../../src/dnn/synthetic/dataset.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';

// The digests are those of the machine that first made them; every other machine must give the same.
test('images, quantised network and logits of the embedded ResNet-8 are the same on every machine', () => {
  const images = generateSyntheticImages({ split: 'test', count: 40 });
  const calibration = generateSyntheticImages({ split: 'calibration', count: 64 });
  const network = quantiseNetwork(
    readFloatNetwork(shippedFile('models', 'synthetic-resnet8.json')),
    calibration,
  );
  const digest = (spec: MultiplierSpec): string => {
    const logits = infer(network, uniformAssignment(network, spec), images);
    expect(logits.length).toBe(400);
    return sha256(new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength));
  };
  const roup: MultiplierSpec = { family: 'roup', bits: 8, P: 1, r: [3, 1, 0] };
  expect({
    images: images.sha256,
    network: quantisedNetworkDigest(network),
    exact: digest(EXACT_INT8),
    roup: digest(roup),
  }).toMatchInlineSnapshot(`
    {
      "exact": "8c2af13566a3454cdf265c739b114fe7b47065475d7800de0aed7430021609e6",
      "images": "27708845bc095fff50143c6eae1144fbb43661390bd332f7c5c21fc8f259890f",
      "network": "65883c4289067093de45221bd902d5f5b4afc19657ba3a564954f732024404c9",
      "roup": "da75e7b54dfc75ce444217680683ca26a567b1f6dd1a8770ad6827e72fc47556",
    }
  `);
});
