import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ElementSpec } from '../../src/accel/element.ts';
import { fromPattern, toPattern } from '../../src/base/bits.ts';
import { createRng } from '../../src/base/rng.ts';
import { operandProduct, portProduct } from '../../src/multiplier/golden.ts';
import { droppedBits, type MultiplierSpec, portShape } from '../../src/multiplier/spec.ts';
import { toolMissing } from '../tool-missing.ts';
import { BOOTH, narrow, roup } from './core-specs.ts';
import { type BenchElement, buildElements, operandBits, runElements } from './element-bench.ts';

const CONFIGURATIONS: readonly MultiplierSpec[] = [
  BOOTH,
  roup(1, 3, 1, 0),
  roup(2, 4, 4),
  roup(0, 6, 4, 2, 0),
  roup(0, 7, 7, 7, 7),
  roup(3, 7),
  roup(0, 0, 1, 0, 5),
  roup(1, 0, 0, 0),
];
const MIXED: readonly MultiplierSpec[] = [BOOTH, roup(1, 3, 1, 0), narrow(5, 6), narrow(4, 5, 'a')];
const BASE: ElementSpec = {
  elements: 'static',
  multipliers: [BOOTH],
  weightPort: 'b',
  accumulatorBits: 24,
  productRegister: false,
  zeroGating: false,
};
const GOOD: readonly BenchElement[] = [
  { spec: { ...BASE, multipliers: [roup(1, 3, 1, 0)] } },
  {
    spec: { ...BASE, multipliers: [narrow(5, 6)], weightPort: 'a', productRegister: true, zeroGating: true },
  },
  {
    spec: {
      ...BASE,
      multipliers: [{ ...BOOTH, bBits: 7, bSigned: false } as MultiplierSpec],
      weightPort: 'a',
    },
  },
  { spec: { ...BASE, elements: 'bank', multipliers: MIXED, zeroGating: true, accumulatorBits: 16 } },
  { spec: { ...BASE, elements: 'bank', multipliers: MIXED, productRegister: true }, isWordLevel: true },
  { spec: { ...BASE, elements: 'dynamic', multipliers: CONFIGURATIONS } },
  {
    spec: {
      ...BASE,
      elements: 'dynamic',
      multipliers: CONFIGURATIONS,
      weightPort: 'a',
      productRegister: true,
      zeroGating: true,
      accumulatorBits: 32,
    },
  },
];
const FAULTY: readonly BenchElement[] = [
  { ...GOOD[0]!, fault: ['if (swap_i) weight_q', 'if (load_i) weight_q'] },
  { ...GOOD[0]!, fault: ['{8{product[15]}}', "{8{1'b0}}"] },
  { ...GOOD[1]!, fault: ["shadow_q != 5'd0", "shadow_q != 5'd1"] },
  { ...GOOD[3]!, fault: ["select_q == 2'd2", "select_q == 2'd3"] },
  { ...GOOD[5]!, fault: ['if (load_i) select_shadow_q', 'if (swap_i) select_shadow_q'] },
];

describe.skipIf(toolMissing('verilator'))('processing elements in Verilator', () => {
  const outDir = mkdtempSync(join(tmpdir(), 'maxdnn-element-'));
  afterAll(() => rmSync(outDir, { recursive: true, force: true }));
  const elements = [...GOOD, ...FAULTY];
  const mismatches = elements.map(() => 0);
  const compared = elements.map(() => 0);

  beforeAll(async () => {
    const program = await buildElements(elements, outDir);
    for (let select = 0; select < CONFIGURATIONS.length; select++) {
      const responses = await runElements(program, stimuli(select), outDir);
      for (const [slot, { spec }] of elements.entries()) {
        if (select >= (spec.elements === 'static' ? 1 : spec.multipliers.length)) continue;
        compare(spec, select, responses, slot);
      }
    }
  }, 180_000);

  /** Every weight with every activation; the next weight is loaded, with another select, in the middle of a pass. */
  function stimuli(select: number): Uint32Array {
    const rng = createRng(select);
    const words = new Uint32Array(4 * CYCLES);
    words.set([2, 0, 0, 0], 0);
    words.set([1 | 2 | (select << 4), 0, 0, 0], 4);
    for (let weight = 0; weight < 256; weight++) {
      for (let activation = 0; activation < 256; activation++) {
        const at = 4 * (2 + weight * 256 + activation);
        const isLoad = activation === 200;
        words[at] =
          1 | (isLoad ? 2 : 0) | 4 | (activation === 0 ? 8 : 0) | (isLoad ? select << 4 : (15 - select) << 4);
        words[at + 1] = isLoad ? weight + 1 : rng.nextU32();
        words[at + 2] = activation;
        words[at + 3] = sumAbove(weight * 256 + activation);
      }
    }
    return words;
  }

  function compare(spec: ElementSpec, select: number, responses: Uint32Array, slot: number): void {
    const multiplier = spec.multipliers[select]!;
    const { aBits, bBits, aSigned, bSigned } = portShape(multiplier);
    const drop =
      multiplier.family === 'narrow' ? droppedBits(multiplier, 'a') + droppedBits(multiplier, 'b') : 0;
    const latency = spec.productRegister ? 2 : 1;
    for (let pair = 0; pair < 65536 - latency; pair++) {
      const [weight, activation] = [pair >> 8, pair & 255];
      const [a, b] = spec.weightPort === 'a' ? [weight, activation] : [activation, weight];
      const [x, y] = [fromPattern(a, aBits, aSigned), fromPattern(b, bBits, bSigned)];
      const product =
        multiplier.family === 'narrow'
          ? portProduct(multiplier, x, y) * 2 ** drop
          : operandProduct(multiplier, x, y);
      const want = toPattern(sumAbove(pair + latency) + product, spec.accumulatorBits);
      compared[slot]! += 1;
      if (responses[(2 + pair + latency) * elements.length + slot] !== want) mismatches[slot]! += 1;
    }
  }

  test('every weight with every activation, for each multiplier: the product of the golden model is added', () => {
    expect(mismatches.slice(0, GOOD.length)).toEqual(GOOD.map(() => 0));
    expect(compared.slice(0, GOOD.length)).toEqual(
      GOOD.map(({ spec }) => {
        const selects = spec.elements === 'static' ? 1 : spec.multipliers.length;
        return selects * (65536 - (spec.productRegister ? 2 : 1));
      }),
    );
    expect(operandBits(GOOD[1]!.spec, 0)).toEqual({ weightBits: 5, activationBits: 6 });
  });

  test('sabotage: each fault is noticed', () => {
    expect(mismatches.slice(GOOD.length).filter((count) => count === 0)).toEqual([]);
  });
});

const CYCLES = 2 + 65536;

/** Sum from above in the cycle that brings this pair. */
function sumAbove(pair: number): number {
  return Math.imul(pair, 0x9e3779b1) >>> 0;
}
