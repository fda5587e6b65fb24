import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/files.ts';
import { recordedStreams } from '../../src/cli/open-operands.ts';
import { calibrateBatchNorm } from '../../src/dnn/calibrate-batch-norm.ts';
import { readCifarRecords, sliceDataset } from '../../src/dnn/data/dataset.ts';
import { operandInputs, writeOperands } from '../../src/dnn/operand-file.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { multiplicationsByLayer } from '../../src/dnn/quantised-network.ts';
import { recordOperands } from '../../src/dnn/record-operands.ts';
import { importTensorflowGraph } from '../../src/dnn/tensorflow/import-tensorflow.ts';
import { compareStreams, type StreamComparison } from '../../src/explore/stream-comparison.ts';
import { parseSpec } from '../../src/multiplier/parse-spec.ts';
import { generateRtl } from '../../src/rtl/generate.ts';
import { buildEnergyTable } from '../../src/synth/build-table.ts';
import { prepareLibrary } from '../../src/synth/library-files.ts';
import { DEFAULT_CONDITIONS } from '../../src/synth/price.ts';
import { DATA_DIR, toolMissing } from '../tool-missing.ts';

const missing = [
  ...['yosys', 'sta', 'berkeley-abc'].filter(toolMissing),
  ...(DATA_DIR === undefined ? ['MAXDNN_DATA'] : []),
  ...(process.env.MAXDNN_FULL === '1' ? [] : ['npm run test:full']),
];
const reason = missing.map((what) => ` [skipped: no ${what}]`).join('');

/** DESIGN §3, measured there by other programs: Nangate45, the layers' operands of the same network. */
describe.skipIf(missing.length > 0)(`streams of ALWANN's ResNet-8 with Nangate45${reason}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'maxdnn-trend-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  let comparison: StreamComparison;

  beforeAll(async () => {
    const train = readCifarRecords(join(DATA_DIR!, 'cifar10/train_lossless_5085.bin'));
    const images = sliceDataset(train, 0, 256);
    const graph = importTensorflowGraph(join(DATA_DIR!, 'models/alwann_resnet8.pb'));
    const network = quantiseNetwork(calibrateBatchNorm(graph, images), images);
    const record = recordOperands(network, images, { pairs: 4096 });
    const stored = writeOperands(join(folder, 'operands.json'), record, operandInputs(record, {}));
    const designs = [
      ...['booth', 'baugh-wooley', 'behavioural'].map((family) => ({
        family,
        aBits: 8,
        bBits: 8,
        aSigned: true,
        bSigned: true,
      })),
      { family: 'roup', bits: 8, P: 1, r: [2, 2, 2] },
    ].map((spec) => generateRtl(parseSpec(spec, 'spec')));
    const verdict = designs.map(({ design, spec, verilog }) => ({
      design,
      spec,
      rtlSha256: sha256(verilog),
      coverage: 'exhaustive' as const,
      pairsCompared: 65536,
      verified: true,
      mismatchCount: 0,
      mismatches: [],
    }));
    const library = await prepareLibrary({
      path: join(DATA_DIR!, 'liberty/nangate45_typ.lib.gz'),
      origin: 'user',
      cacheFolder: join(folder, 'library'),
    });
    const { table } = await buildEnergyTable({
      designs,
      verdict: { designs: verdict },
      library,
      conditions: { ...DEFAULT_CONDITIONS, clockTargetsNs: [1], glitches: 'none' },
      operands: recordedStreams(stored),
      outFolder: folder,
    });
    expect(table.rows.length).toBe(4 * (1 + 8 * 2 * 2));
    comparison = compareStreams(table, multiplicationsByLayer(network));
  }, 600_000);

  const energyFj = (
    design: string,
    stream: 'uniform' | 'layer-iid' | 'layer-stream',
    role: 'weight-on-b' | 'activation-on-b',
  ) => 1000 * comparison.designs.find((own) => own.design === design)!.streams[stream]!.energyPj[role]!;

  test.each([
    ['mul_booth_s8', 'uniform', 'weight-on-b', 502],
    ['mul_baugh_wooley_s8', 'uniform', 'weight-on-b', 480],
    ['mul_behavioural_s8', 'uniform', 'weight-on-b', 616],
    ['mul_booth_s8', 'layer-iid', 'activation-on-b', 271],
    ['mul_baugh_wooley_s8', 'layer-iid', 'activation-on-b', 211],
    ['mul_booth_s8', 'layer-stream', 'weight-on-b', 127],
    ['mul_baugh_wooley_s8', 'layer-stream', 'weight-on-b', 140],
  ] as const)('%s, %s, %s: within a quarter of %d fJ', (design, stream, role, wanted) => {
    expect(Math.abs(energyFj(design, stream, role) / wanted - 1)).toBeLessThan(0.25);
  });

  test('the operand that belongs on the Booth port flips between the streams', () => {
    for (const design of ['mul_booth_s8', 'mul_roup_s8_p1_r2']) {
      const { streams } = comparison.designs.find((own) => own.design === design)!;
      expect(streams['layer-iid']!.cheaperRole).toBe('activation-on-b');
      expect(streams['layer-stream']!.cheaperRole).toBe('weight-on-b');
      expect(streams['layer-iid']!.roleRatio).toBeGreaterThan(1.3);
      expect(streams['layer-stream']!.roleRatio).toBeGreaterThan(1.3);
      expect(Math.max(streams['layer-iid']!.roleRatio!, streams['layer-stream']!.roleRatio!)).toBeLessThan(2);
    }
  });

  test('each stream says another gain of the same design', () => {
    const { gainPoints } = comparison.designs.find(({ design }) => design === 'mul_roup_s8_p1_r2')!;
    expect(gainPoints['uniform/layer-iid']).toBeGreaterThan(5);
    expect(gainPoints['uniform/layer-stream']).toBeLessThan(-5);
  });
});
