import { artifactHeader } from '../../src/base/artifact.ts';
import { sha256 } from '../../src/base/files.ts';
import { createRng, type Rng } from '../../src/base/rng.ts';
import type { Accuracy, ComparedAccuracy } from '../../src/explore/evaluation.ts';
import type {
  Exploration,
  ExplorationPoint,
  ExploredGene,
  ExploredMultiplier,
  LayerSensitivity,
  PointLayer,
  SearchRecord,
} from '../../src/explore/exploration.ts';
import { mcnemarPValue } from '../../src/explore/mcnemar.ts';
import { pairedChange } from '../../src/explore/paired-change.ts';
import type { NetworkStream } from '../../src/explore/stream-comparison.ts';
import { wilsonInterval } from '../../src/explore/wilson-interval.ts';
import { CATALOGUE } from '../../src/multiplier/catalogue.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { findUndominated } from '../../src/report/pareto.ts';
import { hypervolume } from '../../src/search/hypervolume.ts';

export interface SampleOptions {
  readonly seed?: number;
  /** "llam": a gene per layer; "flam": three classes in each layer. */
  readonly level?: 'llam' | 'flam';
  /** Points of each search's front that are kept at most. */
  readonly points?: number;
  /** Searches that ran; all three by default. */
  readonly methods?: readonly SearchRecord['method'][];
  readonly hasTest?: boolean;
  readonly streams?: readonly NetworkStream[];
  /** Multipliers from outside with hostile names, in place of the last ones of the catalogue. */
  readonly outside?: readonly string[];
}

/** Multiplications per image of the ResNet-8 of DESIGN §5. */
const LAYERS: Readonly<Record<string, number>> = {
  conv0: 442_368,
  conv1: 2_359_296,
  conv2: 2_359_296,
  conv3: 1_179_648,
  conv4: 2_359_296,
  conv5: 1_179_648,
  conv6: 2_358_592,
  dense: 704,
};
const NAMES = Object.keys(LAYERS);
const TOTAL = Object.values(LAYERS).reduce((sum, count) => sum + count, 0);
const CALIBRATION_IMAGES = 1000;
const TEST_IMAGES = 517;
const EXACT_SHARE = 0.843;

/** One assignment with what the made-up model says of it. */
interface Candidate {
  readonly genome: readonly number[];
  readonly klNats: number;
  readonly energyNj: number;
}

/**
 * A made-up exploration whose parts belong together: three small searches over a smooth model of energy and KL, in the
 * range of DESIGN §4 and §5. The same options give the same artifact. For tests of the report only.
 */
export function sampleExploration(options: SampleOptions = {}): Exploration {
  const {
    seed = 1,
    level = 'llam',
    points: kept = 30,
    methods = ['nsga2', 'greedy', 'random'],
    hasTest = true,
    streams = ['uniform', 'layer-iid', 'layer-stream'],
    outside = [],
  } = options;
  const rng = createRng(seed);
  const multipliers = sampleMultipliers(outside);
  const classes = level === 'llam' ? [undefined] : [0, 1, 2];
  const genes: readonly ExploredGene[] = NAMES.flatMap((layer) =>
    classes.map((classIndex) => ({
      name: classIndex === undefined ? layer : `${layer}/${classIndex}`,
      layer,
      ...(classIndex === undefined ? {} : { classIndex }),
      choices: multipliers.map((_, index) => index),
    })),
  );
  const searchedStream = streams.at(-1)!;
  const sensitivity = sampleSensitivity(rng, multipliers, streams);
  const at = new Map(sensitivity.map((entry) => [`${entry.layer} ${entry.multiplier}`, entry]));
  const shares = level === 'llam' ? [1] : [0.25, 0.25, 0.5];
  const energyOf = (genome: readonly number[], stream: NetworkStream): number =>
    genes.reduce((sum, gene, index) => {
      const share = shares[gene.classIndex ?? 0]!;
      return (
        sum +
        (LAYERS[gene.layer]! * share * at.get(`${gene.layer} ${genome[index]}`)!.energyPj[stream]!) / 1000
      );
    }, 0);
  const score = (genome: readonly number[]): Candidate => {
    const sum = genes.reduce((total, gene, index) => {
      return total + shares[gene.classIndex ?? 0]! * at.get(`${gene.layer} ${genome[index]}`)!.klNats;
    }, 0);
    return { genome, klNats: sum * (1 + 0.3 * sum), energyNj: energyOf(genome, searchedStream) };
  };
  const exactDesign = { uniform: 1, 'layer-iid': 1, 'layer-stream': 0 } as const;
  const baselines = Object.fromEntries(
    streams.map((stream) => {
      const index = exactDesign[stream];
      const energyPerImageNj = energyOf(
        genes.map(() => index),
        stream,
      );
      const role = stream === 'uniform' ? {} : { role: 'weight-on-b' as const };
      const energyPj = (energyPerImageNj * 1000) / TOTAL;
      return [stream, { design: multipliers[index]!.design, ...role, energyPj, energyPerImageNj }];
    }),
  );
  const referencePoint = [2, 1.1 * baselines[searchedStream]!.energyPerImageNj];
  const objectivesOf = ({ klNats, energyNj }: Candidate): readonly number[] => [klNats, energyNj];
  const runs = runSearches(rng, genes.length, multipliers.length, score).filter(({ method }) =>
    methods.includes(method),
  );
  const fronts = runs.map(({ candidates }) => thin(frontOf(candidates, objectivesOf), kept));
  const unique = [...new Map(fronts.flat().map((own) => [own.genome.join(), own])).values()].sort(
    (p, q) => p.energyNj - q.energyNj || p.klNats - q.klNats,
  );
  const idOf = new Map(unique.map((own, index) => [own.genome.join(), pointId(index)]));
  const front = findUndominated(unique, objectivesOf);
  const exactTest = hasTest ? sampleAccuracy(Math.round(EXACT_SHARE * TEST_IMAGES), TEST_IMAGES) : undefined;
  const searches = runs.map(
    ({ method, candidates }, index): SearchRecord => ({
      method,
      seed: seed + index,
      settings:
        method === 'nsga2'
          ? { population: '64', generations: '12' }
          : { evaluations: String(candidates.length) },
      evaluations: candidates.length,
      convergence: Array.from({ length: 12 }, (_, generation) => {
        const evaluations = Math.round((candidates.length * (generation + 1)) / 12);
        const own = frontOf(candidates.slice(0, evaluations), objectivesOf);
        return {
          generation,
          evaluations,
          frontSize: own.length,
          hypervolume: hypervolume(own.map(objectivesOf), referencePoint),
        };
      }),
      front: fronts[index]!.map(({ genome }) => idOf.get(genome.join())!),
    }),
  );
  const points = unique.map((own): ExplorationPoint => {
    const id = idOf.get(own.genome.join())!;
    const energies = streams.map((stream) => [stream, energyOf(own.genome, stream)] as const);
    const name = `${level === 'llam' ? 'LLAM' : 'FLAM-3clas'}_${own.genome.slice(0, 6).join('_')}`;
    return {
      id,
      name,
      genome: own.genome,
      layers: layersOf(genes, own.genome, shares),
      objectives: objectivesOf(own),
      energyPerImageNjByStream: Object.fromEntries(energies),
      savingPercentByStream: Object.fromEntries(
        energies.map(([stream, energy]) => [
          stream,
          100 * (1 - energy / baselines[stream]!.energyPerImageNj),
        ]),
      ),
      calibration: {
        images: CALIBRATION_IMAGES,
        correct: correctAt(rng, own.klNats, CALIBRATION_IMAGES),
        klNats: own.klNats,
      },
      ...(exactTest !== undefined && front.includes(own)
        ? { test: comparedAt(rng, own.klNats, exactTest) }
        : {}),
      assignmentFile: `points/${id}.json`,
      command: `maxdnn evaluate --model 'net work.json' --dataset test.bin --assign out/explore/points/${id}.json`,
    };
  });
  return {
    ...artifactHeader('exploration', 1, { network: sha256('network') }, {}),
    network: { name: 'alwann_resnet8', sha256: sha256('network'), multiplicationsPerImage: TOTAL },
    calibration: {
      name: 'train_lossless_5085.bin',
      sha256: sha256('train'),
      images: CALIBRATION_IMAGES,
      seed: 7,
    },
    ...(hasTest
      ? { test: { name: 'test_lossless_517.bin', sha256: sha256('test'), images: TEST_IMAGES } }
      : {}),
    roundedOperand: 'activations',
    level: level === 'llam' ? 'llam' : 'flam-3-modulo',
    tuning: { method: 'compensated', bias: 'on' },
    constraints: { 'max-multipliers': '3', architecture: 'power-gated' },
    library: {
      name: 'maxdnn45',
      sha256: sha256('library'),
      origin: 'embedded',
      voltageV: 1.1,
      temperatureC: 25,
      notes: [],
    },
    clockNs: 1.2,
    streams,
    searchedStream,
    baselines,
    exact: {
      calibration: {
        images: CALIBRATION_IMAGES,
        correct: Math.round(EXACT_SHARE * CALIBRATION_IMAGES),
        klNats: 0,
      },
      ...(exactTest === undefined ? {} : { test: exactTest }),
    },
    objectives: ['klNats', 'energyNj'],
    referencePoint,
    multipliers,
    genes,
    sensitivity,
    searches,
    points,
    front: front.map(({ genome }) => idOf.get(genome.join())!),
  };
}

/** LLAM and FLAM of one network in one exploration, as searches at several levels give it. */
export function sampleLevels(options: Omit<SampleOptions, 'level'> = {}): Exploration {
  const single = (['llam', 'flam'] as const).map((level) => sampleExploration({ ...options, level }));
  const [first] = single;
  const { searchedStream } = first!;
  const all = single
    .flatMap((own, index) => own.points.map((point) => ({ point, index, level: own.level })))
    .sort(
      (p, q) =>
        p.point.energyPerImageNjByStream[searchedStream]! - q.point.energyPerImageNjByStream[searchedStream]!,
    );
  const ids = new Map(all.map(({ point, index }, at) => [`${index} ${point.id}`, pointId(at)]));
  const undominated = findUndominated(all, ({ point }) => point.objectives);
  return {
    ...first!,
    level: single.map(({ level }) => level).join(','),
    genes: single.flatMap(({ genes, level }) => genes.map((gene) => ({ ...gene, level }))),
    searches: single.flatMap(({ searches, level }, index) =>
      searches.map((own) => ({ ...own, level, front: own.front.map((id) => ids.get(`${index} ${id}`)!) })),
    ),
    points: all.map(({ point, index, level }) => {
      const { test, ...rest } = point;
      const id = ids.get(`${index} ${point.id}`)!;
      const isBest = undominated.some((own) => own.point === point);
      return { ...rest, id, level, ...(test !== undefined && isBest ? { test } : {}) };
    }),
    front: undominated.map(({ point, index }) => ids.get(`${index} ${point.id}`)!),
  };
}

/** Energy of one uniform multiplication in pJ and error scale by catalogue design, made up in the range of DESIGN §4. */
function sampleMultipliers(outside: readonly string[]): readonly ExploredMultiplier[] {
  const own: readonly MultiplierSpec[] = CATALOGUE.map(({ spec }) => spec);
  const tables = outside.map(
    (name): MultiplierSpec => ({ family: 'table', name, operands: 'sign-magnitude', sha256: sha256(name) }),
  );
  return [...own.slice(0, own.length - tables.length), ...tables].map((spec) => ({
    design: designName(spec),
    spec,
    areaUm2: 300 * relativeEnergy(spec) + 12,
    delayNs: 0.3 + 0.8 * relativeEnergy(spec),
  }));
}

function relativeEnergy(spec: MultiplierSpec): number {
  switch (spec.family) {
    case 'roup': {
      const rounded = spec.r.reduce((sum, r) => sum + r, 0);
      return Math.max(0.08, (4 - spec.P) / 4 - rounded * 0.021);
    }
    case 'narrow':
      return (spec.aBits * spec.bBits) / 64;
    case 'table':
      return 0.55;
    default:
      return spec.family === 'booth' ? 1.03 : spec.family === 'behavioural' ? 1.2 : 1;
  }
}

/** Energies by stream and KL of each layer alone with each multiplier; exact ones change nothing. */
function sampleSensitivity(
  rng: Rng,
  multipliers: readonly ExploredMultiplier[],
  streams: readonly NetworkStream[],
): readonly LayerSensitivity[] {
  const scale: Readonly<Record<NetworkStream, number>> = {
    uniform: 0.48,
    'layer-iid': 0.21,
    'layer-stream': 0.13,
  };
  const layers = NAMES.map((layer, index) => ({
    layer,
    weight: [0.5, 1.6, 1, 2.4, 0.8, 0.6, 0.2, 0.05][index]!,
    activity: 0.7 + 0.6 * rng.nextFloat(),
  }));
  return layers.flatMap(({ layer, weight, activity }) =>
    multipliers.map(({ spec }, multiplier) => {
      const relative = relativeEnergy(spec);
      const isExact = 'aSigned' in spec;
      const klNats = isExact
        ? 0
        : 0.4 * weight * (1.02 - Math.min(1, relative)) ** 3 * (0.7 + 0.6 * rng.nextFloat());
      const booth = spec.family === 'booth' ? 0.85 : 1;
      return {
        layer,
        multiplier,
        images: CALIBRATION_IMAGES,
        correct: correctAt(rng, klNats, CALIBRATION_IMAGES),
        klNats,
        energyPj: Object.fromEntries(
          streams.map((stream) => [
            stream,
            scale[stream] *
              relative *
              (stream === 'uniform' ? 1 : activity) *
              (stream === 'layer-stream' ? booth * (0.95 + 0.1 * rng.nextFloat()) : 1),
          ]),
        ),
      };
    }),
  );
}

interface Run {
  readonly method: SearchRecord['method'];
  readonly candidates: readonly Candidate[];
}

/** Hill climbing from the front so far (called nsga2 here), steps down from the exact network, and plain chance. */
function runSearches(
  rng: Rng,
  genes: number,
  choices: number,
  score: (genome: readonly number[]) => Candidate,
): readonly Run[] {
  const any = (): readonly number[] => Array.from({ length: genes }, () => rng.nextInt(0, choices - 1));
  const change = (genome: readonly number[]): readonly number[] => {
    const at = rng.nextInt(0, genes - 1);
    return genome.map((choice, index) => (index === at ? rng.nextInt(0, choices - 1) : choice));
  };
  const climbed: Candidate[] = Array.from({ length: 64 }, () => score(any()));
  for (let generation = 0; generation < 11; generation++) {
    const parents = frontOf(climbed, ({ klNats, energyNj }) => [klNats, energyNj]);
    for (let i = 0; i < 64; i++)
      climbed.push(score(change(parents[rng.nextInt(0, parents.length - 1)]!.genome)));
  }
  const stepped: Candidate[] = [score(Array.from({ length: genes }, () => 0))];
  let best = stepped[0]!;
  for (let step = 0; step < 24; step++) {
    const tries = Array.from({ length: 24 }, () => score(change(best.genome)));
    stepped.push(...tries);
    const gain = (own: Candidate): number =>
      (best.energyNj - own.energyNj) / (1e-4 + Math.max(0, own.klNats - best.klNats));
    best = tries.reduce((found, own) => (gain(own) > gain(found) ? own : found));
  }
  const random = Array.from({ length: 640 }, () => score(any()));
  return [
    { method: 'nsga2', candidates: climbed },
    { method: 'greedy', candidates: stepped },
    { method: 'random', candidates: random },
  ];
}

function frontOf(
  candidates: readonly Candidate[],
  objectives: (own: Candidate) => readonly number[],
): readonly Candidate[] {
  const unique = [...new Map(candidates.map((own) => [own.genome.join(), own])).values()];
  return findUndominated(unique, objectives).toSorted((p, q) => p.energyNj - q.energyNj);
}

/** At most `count` of them, spread evenly. */
function thin<T>(items: readonly T[], count: number): readonly T[] {
  if (items.length <= count) return items;
  return Array.from(
    { length: count },
    (_, i) => items[Math.round((i * (items.length - 1)) / Math.max(1, count - 1))]!,
  );
}

function pointId(index: number): string {
  return `p${String(index + 1).padStart(3, '0')}`;
}

function layersOf(
  genes: readonly ExploredGene[],
  genome: readonly number[],
  shares: readonly number[],
): readonly PointLayer[] {
  return NAMES.map((layer) => ({
    layer,
    parts: genes.flatMap((gene, index) =>
      gene.layer === layer
        ? [
            {
              multiplier: gene.choices[genome[index]!]!,
              ...(gene.classIndex === undefined ? {} : { classIndex: gene.classIndex }),
              multiplications: LAYERS[layer]! * shares[gene.classIndex ?? 0]!,
            },
          ]
        : [],
    ),
    skippedMultiplications: 0,
  }));
}

/** Right answers of `images` when accuracy falls with KL as in DESIGN §5 (28 points per nat at first). */
function correctAt(rng: Rng, klNats: number, images: number): number {
  const share = 0.1 + (EXACT_SHARE - 0.1) * Math.exp(-0.38 * klNats);
  return Math.min(
    images,
    Math.max(0, Math.round(images * share + rng.nextGaussian() * Math.min(4, 20 * klNats))),
  );
}

function comparedAt(rng: Rng, klNats: number, exact: Accuracy): ComparedAccuracy {
  const correct = Math.min(exact.images, correctAt(rng, klNats, exact.images));
  const lostNet = exact.correct - correct;
  const gained =
    Math.max(0, Math.round(exact.images * 0.02 * Math.min(1, 8 * klNats))) + Math.max(0, -lostNet);
  const lost = gained + lostNet;
  const { changePoints, halfWidth95Points } = pairedChange(exact.images, lost, gained);
  return {
    ...sampleAccuracy(correct, exact.images),
    changePoints,
    changeHalfWidth95Points: halfWidth95Points,
    lost,
    gained,
    pValue: mcnemarPValue(lost, gained),
  };
}

/** Counts of ten classes that add up; mistakes go to the next class. */
function sampleAccuracy(correct: number, images: number): Accuracy {
  const spread = (total: number, label: number): number => Math.floor((total + label) / 10);
  const confusion = Array.from({ length: 10 }, (_, label) =>
    Array.from({ length: 10 }, (_, predicted) => {
      if (predicted === label) return spread(correct, label);
      return predicted === (label + 1) % 10 ? spread(images, label) - spread(correct, label) : 0;
    }),
  );
  const count = (n: number, right: number) => ({
    images: n,
    correct: right,
    accuracy: right / n,
    interval95: wilsonInterval(n, right),
  });
  const correctTop5 = Math.min(images, correct + 20);
  return {
    ...count(images, correct),
    correctTop5,
    accuracyTop5: correctTop5 / images,
    perClass: confusion.map((row, label) => ({ label, ...count(spread(images, label), row[label]!) })),
    confusion,
  };
}
