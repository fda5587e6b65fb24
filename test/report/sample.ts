import { artifactHeader } from '../../src/base/artifact.ts';
import { sha256 } from '../../src/base/files.ts';
import type { Accuracy, Evaluation } from '../../src/explore/evaluation.ts';
import { mcnemarPValue } from '../../src/explore/mcnemar.ts';
import { wilsonInterval } from '../../src/explore/wilson-interval.ts';
import { CATALOGUE } from '../../src/multiplier/catalogue.ts';
import { errorMetrics } from '../../src/multiplier/error-metrics.ts';
import { designName } from '../../src/multiplier/spec.ts';
import type { ReportInput } from '../../src/report/rows.ts';
import type { EnergyTable } from '../../src/synth/energy-table.ts';
import type { Verdict } from '../../src/verify/verdict.ts';

/**
 * Made-up cost and accuracy of each design of the catalogue, in the range of DESIGN §3 to §5: cells, area in µm²,
 * delay in ns, energy in pJ, correct out of 10 000 images. For tests of the report only; the error metrics are real.
 */
const FIGURES: Readonly<Record<string, readonly [number, number, number, number, number]>> = {
  mul_booth_s8: [212, 331.2, 1.042, 0.502, 8402],
  mul_baugh_wooley_s8: [198, 302.7, 1.118, 0.48, 8402],
  mul_behavioural_s8: [231, 352.4, 0.981, 0.616, 8402],
  mul_roup_s8_p0_r2: [188, 271.3, 0.978, 0.42, 8396],
  mul_narrow_s8_a6_b8: [151, 228.1, 0.992, 0.351, 8394],
  mul_roup_s8_p0_r4_2_0_0: [192, 282.2, 0.995, 0.4385, 8399],
  mul_roup_s8_p0_r5_3_1_0: [180, 262.0, 0.961, 0.409, 8391],
  mul_roup_s8_p0_r6_4_2_0: [166, 230.4, 0.93, 0.38, 8368],
  mul_roup_s8_p0_r7_5_3_1: [141, 201.6, 0.902, 0.322, 8214],
  mul_roup_s8_p1_r0: [161, 229.0, 0.915, 0.381, 8381],
  mul_narrow_s8_a8_b6: [150, 226.4, 0.988, 0.37, 8383],
  mul_roup_s8_p1_r3_1_0: [149, 212.9, 0.903, 0.349, 8352],
  mul_roup_s8_p1_r2: [140, 197.1, 0.897, 0.318, 8340],
  mul_narrow_s8_a6_b6: [112, 168.8, 0.861, 0.247, 8346],
  mul_roup_s8_p2_r2_0: [101, 141.0, 0.742, 0.231, 7402],
  mul_roup_s8_p2_r4: [72, 94.2, 0.681, 0.15, 5948],
  mul_narrow_s8_a4_b4: [48, 71.5, 0.542, 0.096, 5931],
  mul_roup_s8_p3_r4: [31, 40.2, 0.312, 0.061, 1342],
  mul_narrow_s8_a4_b2: [19, 26.3, 0.281, 0.038, 1288],
};

const MULTIPLICATIONS_PER_IMAGE = 12_250_000;
const IMAGES = 10_000;
const ERRORS = Object.fromEntries(CATALOGUE.map(({ spec }) => [designName(spec), errorMetrics(spec)]));

/** A full input of 19 designs whose parts belong together. */
export function sampleInput(): ReportInput & { readonly evaluation: Evaluation } {
  return { table: sampleTable(), verdict: sampleVerdict(), errors: ERRORS, evaluation: sampleEvaluation() };
}

function sampleTable(): EnergyTable {
  return {
    ...artifactHeader('energy-table', 2, {}, { yosys: '0.23', opensta: '2.0.17', abc: '1.01' }),
    library: {
      name: 'maxdnn45',
      sha256: sha256('library'),
      origin: 'embedded',
      voltageV: 1.1,
      temperatureC: 25,
      notes: [],
    },
    conditions: {
      clockTargetsNs: [1.2],
      operandPairs: 65_536,
      seed: 1,
      inputTransitionNs: 0.02,
      outputLoadFf: 5,
      adderCells: 'auto',
      glitches: 'uniform',
    },
    rows: CATALOGUE.map(({ spec }) => {
      const design = designName(spec);
      const [cells, areaUm2, delayNs, energyPj] = FIGURES[design]!;
      const leakagePj = areaUm2 * 4.1e-5;
      const internalPj = (energyPj - leakagePj) * 0.58;
      return {
        design,
        spec,
        rtlSha256: sha256(`rtl ${design}`),
        netlistSha256: sha256(`netlist ${design}`),
        stream: { kind: 'uniform' as const, pairs: 65_536, sha256: sha256('stream') },
        key: sha256(`key ${design}`),
        clockNs: 1.2,
        flowSha256: sha256('flow'),
        recipe: 'area',
        meetsClock: true,
        librarySha256: sha256('library'),
        equivalence: 'abc-cec' as const,
        pairsCosimulated: 65_536,
        cells,
        areaUm2,
        delayNs,
        energyPj,
        internalPj,
        switchingPj: energyPj - leakagePj - internalPj,
        leakagePj,
        glitchPj: energyPj * (design === 'mul_baugh_wooley_s8' ? 1.2 : 0.8),
      };
    }),
  };
}

function sampleVerdict(): Verdict {
  return {
    ...artifactHeader('verdict', 1, {}, { verilator: '5.006' }),
    seed: 1,
    designs: CATALOGUE.map(({ spec }) => ({
      design: designName(spec),
      spec,
      rtlSha256: sha256(`rtl ${designName(spec)}`),
      coverage: 'exhaustive' as const,
      pairsCompared: 65_536,
      mismatchCount: 0,
      mismatches: [],
      verified: true,
    })),
  };
}

function sampleEvaluation(): Evaluation {
  const exact = sampleAccuracy(8402);
  return {
    ...artifactHeader('evaluation', 3, {}, {}),
    network: {
      name: 'resnet8',
      sha256: sha256('network'),
      multiplicationsPerImage: MULTIPLICATIONS_PER_IMAGE,
    },
    dataset: { name: 'CIFAR-10 test', sha256: sha256('dataset'), images: IMAGES },
    roundedOperand: 'weights',
    batchNorm: 'fixed',
    float: sampleAccuracy(8415),
    exact,
    rows: CATALOGUE.map(({ spec }) => {
      const design = designName(spec);
      const [, , , energyPj, correct] = FIGURES[design]!;
      const accuracy = sampleAccuracy(correct);
      const changePoints = (accuracy.accuracy - exact.accuracy) * 100;
      const discordant = 40 + Math.abs(correct - exact.correct);
      const lost = (discordant - (correct - exact.correct)) / 2;
      return {
        design,
        spec,
        ...accuracy,
        changePoints,
        changeHalfWidth95Points: changePoints === 0 ? 0 : 0.12 + 0.16 * Math.sqrt(Math.abs(changePoints)),
        lost: changePoints === 0 ? 0 : lost,
        gained: changePoints === 0 ? 0 : discordant - lost,
        pValue: changePoints === 0 ? 1 : mcnemarPValue(lost, discordant - lost),
        energyPerImageNj: (MULTIPLICATIONS_PER_IMAGE * energyPj) / 1000,
      };
    }),
    assignments: [],
  };
}

/** Ten classes of 1000 images; class c has its share of the right answers, the wrong ones go to the next classes. */
function sampleAccuracy(correct: number): Accuracy {
  const each = IMAGES / 10;
  const confusion = Array.from({ length: 10 }, (_, label) => {
    const right = Math.floor(correct / 10) + (label < correct % 10 ? 1 : 0);
    const wrong = each - right;
    const row = new Array<number>(10).fill(0);
    row[label] = right;
    row[(label + 1) % 10] = wrong - Math.floor(wrong / 3);
    row[(label + 2) % 10] = Math.floor(wrong / 3);
    return row;
  });
  const count = (images: number, right: number) => ({
    images,
    correct: right,
    accuracy: right / images,
    interval95: wilsonInterval(images, right),
  });
  const correctTop5 = Math.floor((correct + IMAGES) / 2);
  return {
    ...count(IMAGES, correct),
    correctTop5,
    accuracyTop5: correctTop5 / IMAGES,
    perClass: confusion.map((row, label) => ({ label, ...count(each, row[label]!) })),
    confusion,
  };
}
