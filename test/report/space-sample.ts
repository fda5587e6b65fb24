import { artifactHeader } from '../../src/base/artifact.ts';
import { sha256 } from '../../src/base/files.ts';
import { errorMetrics } from '../../src/multiplier/error-metrics.ts';
import { baselineSpace, narrowSpace, roupSpace } from '../../src/multiplier/space.ts';
import { designName, type MultiplierSpec, portShape } from '../../src/multiplier/spec.ts';
import type { SpaceInput } from '../../src/report/space-rows.ts';
import type { EnergyRow } from '../../src/synth/energy-table.ts';

/** Energy in pJ and delay in ns that a test gives a design. */
export type MadeUpCost = (
  spec: MultiplierSpec,
  index: number,
) => { readonly energyPj: number; readonly delayNs: number };

/** The space of N = 4: 3 baselines, 24 narrow, 14 ROUP designs; costs made up, errors real. */
export const SPACE_4: readonly MultiplierSpec[] = [
  ...baselineSpace(4),
  ...narrowSpace(4),
  ...roupSpace({ bits: 4, order: 'non-increasing' }),
];

/** A cost that rises with the partial-product bits: smaller for narrower and for perforated designs. */
export const plainCost: MadeUpCost = (spec, index) => {
  const { aBits, bBits } = portShape(spec);
  const kept =
    spec.family === 'roup' ? spec.r.reduce((sum, r) => sum + (spec.bits - r) * 2, 0) : aBits * bBits;
  return { energyPj: kept / 100 + index / 10_000, delayNs: 0.5 + kept / 100 };
};

/** A space input whose parts belong together. */
export function spaceSample(cost: MadeUpCost = plainCost, specs = SPACE_4): SpaceInput {
  const clockNs = 1;
  return {
    table: {
      ...artifactHeader('energy-table', 2, {}, { yosys: '0.23' }),
      library: {
        name: 'maxdnn45',
        sha256: sha256('library'),
        origin: 'embedded',
        voltageV: 1.1,
        temperatureC: 25,
        notes: [],
      },
      conditions: {
        clockTargetsNs: [clockNs],
        operandPairs: 4096,
        seed: 1,
        inputTransitionNs: 0.02,
        outputLoadFf: 4,
        adderCells: 'auto',
        glitches: 'none',
      },
      rows: specs.map((spec, index): EnergyRow => {
        const design = designName(spec);
        const { energyPj, delayNs } = cost(spec, index);
        return {
          design,
          spec,
          key: sha256(`key ${design}`),
          clockNs,
          stream: { kind: 'uniform', pairs: 4096, sha256: sha256('stream') },
          rtlSha256: sha256(`rtl ${design}`),
          netlistSha256: sha256(`netlist ${design}`),
          librarySha256: sha256('library'),
          flowSha256: sha256('flow'),
          recipe: 'area',
          equivalence: 'abc-cec',
          pairsCosimulated: 256,
          cells: 20,
          areaUm2: energyPj * 100,
          delayNs,
          meetsClock: delayNs <= clockNs,
          energyPj,
          internalPj: energyPj * 0.6,
          switchingPj: energyPj * 0.4,
          leakagePj: 0,
        };
      }),
    },
    errors: Object.fromEntries(specs.map((spec) => [designName(spec), errorMetrics(spec)])),
    error: 'mae',
    energy: 'settled',
    references: [],
  };
}
