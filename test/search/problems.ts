import { choiceSpace } from '../../src/search/choice-space.ts';
import type { Genome, Outcome, SearchProblem } from '../../src/search/problem.ts';
import { type Bounds, realSpace } from '../../src/search/real-space.ts';

/** A problem of real genomes with objectives f1 and f2. */
function realProblem(
  name: string,
  bounds: readonly Bounds[],
  referencePoint: readonly number[],
  outcomeOf: (x: Genome) => Outcome,
): SearchProblem {
  return {
    name,
    space: realSpace(bounds),
    objectives: ['f1', 'f2'],
    referencePoint,
    evaluate: async (genomes) => genomes.map(outcomeOf),
  };
}

/** ZDT: f1 = x1, g = 1 + 9 · mean of the other 29, f2 = g · shape(f1, g). */
function zdt(name: string, shape: (f1: number, g: number) => number): SearchProblem {
  return realProblem(name, Array<Bounds>(30).fill({ lower: 0, upper: 1 }), [1, 1], ([f1, ...others]) => {
    const g = 1 + (9 * others.reduce((a, b) => a + b, 0)) / others.length;
    return { objectives: [f1!, g * shape(f1!, g)] };
  });
}

/** Source: E. Zitzler, K. Deb, L. Thiele, Evolutionary Computation 8(2), 2000. */
export const ZDT1 = zdt('ZDT1', (f1, g) => 1 - Math.sqrt(f1 / g));
export const ZDT2 = zdt('ZDT2', (f1, g) => 1 - (f1 / g) ** 2);
export const ZDT3 = zdt('ZDT3', (f1, g) => 1 - Math.sqrt(f1 / g) - (f1 / g) * Math.sin(10 * Math.PI * f1));

/** Source: J. D. Schaffer 1985, as in Deb et al. 2002. */
export const SCH = realProblem('SCH', [{ lower: -1000, upper: 1000 }], [4, 4], ([x]) => ({
  objectives: [x! ** 2, (x! - 2) ** 2],
}));

/** Source: Deb et al. 2002, table V. */
export const CONSTR = realProblem(
  'CONSTR',
  [
    { lower: 0.1, upper: 1 },
    { lower: 0, upper: 5 },
  ],
  [1.1, 10],
  ([x1, x2]) => ({
    objectives: [x1!, (1 + x2!) / x1!],
    violations: [6 - (x2! + 9 * x1!), 1 - (9 * x1! - x2!)],
  }),
);

/** What the five multipliers of a made-up family save, how much they hurt and how far they are off on average. */
const SAVED = [0, 1, 3, 6, 8];
const HURT = [0, 1, 2, 9, 30];
const BIAS = [0, 2, -3, 8, -10];

/** Multiplications and sensitivity of six layers. */
const SIZE = [3, 9, 7, 5, 11, 2];
const SENSITIVITY = [5, 3, 4, 1, 2, 1];

/** A network in small; 15 625 genomes, so that the true front can be had by trying all. */
function layerProblem(name: string, lossOf: (genome: Genome) => number): SearchProblem {
  const energyOf = (genome: Genome): number =>
    genome.reduce((sum, choice, layer) => sum + SIZE[layer]! * (10 - SAVED[choice]!), 0);
  return {
    name,
    space: choiceSpace(Array(6).fill(SAVED.length)),
    objectives: ['loss', 'energy'],
    referencePoint: [500, 400],
    evaluate: async (genomes) =>
      genomes.map((genome) => ({ objectives: [lossOf(genome), energyOf(genome)] })),
  };
}

const sumOver = (genome: Genome, table: readonly number[]): number =>
  genome.reduce((sum, choice, layer) => sum + SENSITIVITY[layer]! * table[choice]!, 0);

/** The layers' losses add up. */
export const LAYERS = layerProblem('LAYERS', (genome) => sumOver(genome, HURT));

/** Biases of opposite sign cancel: what one layer costs depends on the others. */
export const CANCEL = layerProblem(
  'CANCEL',
  (genome) => Math.abs(sumOver(genome, BIAS)) * 10 + sumOver(genome, HURT),
);
