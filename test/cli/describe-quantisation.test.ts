import { expect, test } from 'vitest';
import { describeLayers } from '../../src/cli/describe-quantisation.ts';

test('one line per layer, with blanks where there is nothing to say', () => {
  const lines = describeLayers(
    [
      {
        name: 'conv0',
        op: 'conv2d',
        smallest: 0,
        largest: 12.3456,
        outputScale: 0.0972,
        zeroPoint: 0,
        saturatedShare: 0.0001,
        weightSqnrDb: 41.27,
        weightScales: [0.001, 0.002],
      },
      { name: 'logits', op: 'dense', smallest: -20.5, largest: 3, outputScale: 1e-5, zeroPoint: 0 },
    ],
    new Map([['conv0', 1234]]),
  );
  expect(lines).toEqual([
    'layer   operator  products/image  smallest  largest     step  saturated %  weight SQNR dB',
    'conv0   conv2d              1234         0    12.35   0.0972        0.010            41.3',
    'logits  dense                        -20.5        3  0.00001',
  ]);
});
