import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arrayForAssignment } from '../../src/accel/array-for-assignment.ts';
import type { ElementKind } from '../../src/accel/array-spec.ts';
import { shippedFile } from '../../src/base/package-root.ts';
import type { MixedAssignment } from '../../src/dnn/assignment.ts';
import { imageCodes } from '../../src/dnn/data/dataset.ts';
import { isWeighted } from '../../src/dnn/quantised-network.ts';
import { compareLevels, explainDifference } from '../../src/silicon/compare.ts';
import { estimateSilicon, type SiliconEstimate } from '../../src/silicon/estimate.ts';
import { DEFAULT_SRAM } from '../../src/silicon/sram.ts';
import { prepareLibrary, type SynthesisLibrary } from '../../src/synth/library-files.ts';
import { DEFAULT_CONDITIONS } from '../../src/synth/price.ts';
import { BOOTH, roup } from '../accel/core-specs.ts';
import { smallNetwork } from '../accel/small-network.ts';
import { randomImages } from '../dnn/random-network.ts';
import { toolMissing } from '../tool-missing.ts';

const outFolder = mkdtempSync(join(tmpdir(), 'maxdnn-silicon-'));
afterAll(() => rmSync(outFolder, { recursive: true, force: true }));

const isWanted = process.env.MAXDNN_FULL === '1' && !['yosys', 'verilator', 'sta'].some(toolMissing);
const network = smallNetwork(1, 2);
const layers = network.layers.filter(isWeighted);
const image = imageCodes(randomImages(network, 1, 5), 0);

describe.skipIf(!isWanted)('a 2 x 2 accelerator with every operator [MAXDNN_FULL]', () => {
  let library: SynthesisLibrary;
  beforeAll(async () => {
    const path = shippedFile('synth', 'maxdnn45_typ.lib');
    library = await prepareLibrary({ path, origin: 'embedded', cacheFolder: join(outFolder, 'library') });
  });

  const estimate = (assignment: MixedAssignment, elements?: ElementKind): Promise<SiliconEstimate> =>
    estimateSilicon({
      name: elements ?? 'static',
      network,
      assignment,
      roundedOperand: 'activations',
      spec: arrayForAssignment(network, assignment, 'activations', {
        rows: 2,
        columns: 2,
        ...(elements === undefined ? {} : { elements }),
      }),
      image,
      library,
      conditions: DEFAULT_CONDITIONS,
      clockNs: 2.5,
      sram: DEFAULT_SRAM,
      windows: 24,
      windowCycles: 64,
      elements: 4,
      outFolder,
    });
  const mixed = new Map(layers.map(({ name }, i) => [name, [roup(1, 4, 2, 2), roup(2, 5, 4)][i % 2]!]));

  test('exact: parts add up to the whole', { timeout: 600_000 }, async () => {
    const exact = await estimate(new Map(layers.map(({ name }) => [name, BOOTH])));
    expectConsistent(exact);
    for (const elements of ['bank', 'dynamic'] as const) {
      const own = await estimate(mixed, elements);
      expectConsistent(own);
      expect(own.multipliers).toHaveLength(2);
      const levels = compareLevels(exact, own);
      expect(levels[0]!.gainPercent).toBeGreaterThan(40); // ROUP against Booth, uniform operands
      expect(explainDifference(own).length).toBeGreaterThan(3);
    }
  });
});

function expectConsistent({ area, energy, paths, meetsClock }: SiliconEstimate): void {
  const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
    items.reduce((all, item) => all + of(item), 0);
  expect(energy.bitsCompared).toBeGreaterThan(1e6);
  expect(energy.outputsCompared).toBeGreaterThan(0);
  expect(sum(area.blocks, ({ areaUm2 }) => areaUm2) / area.logicUm2).toBeCloseTo(1, 6);
  expect(sum(area.blocks, (block) => block.cells * block.instances)).toBe(area.cells);
  expect(sum(energy.modules, ({ totalNj }) => totalNj) / energy.logicNj).toBeCloseTo(1, 6);
  expect(sum(energy.layers, ({ logicNj }) => logicNj) / energy.logicNj).toBeCloseTo(1, 6);
  expect(sum(energy.memories, ({ totalNj }) => totalNj) / energy.memoryNj).toBeCloseTo(1, 6);
  expect(sum(energy.layers, ({ cycles }) => cycles)).toBe(energy.cycles);
  expect(energy.modules.filter(({ replayed }) => replayed === 0).length).toBeLessThan(4);
  for (const { clockNj, idleClockNj } of energy.modules)
    expect(idleClockNj).toBeLessThanOrEqual(clockNj * (1 + 1e-9));
  expect(energy.operationsNj).toBeGreaterThan(0);
  expect(energy.multiplyNj).toBeGreaterThan(0);
  expect(meetsClock).toBe(true);
  expect(paths.filter(({ delayNs }) => delayNs !== undefined).length).toBeGreaterThan(20);
}
