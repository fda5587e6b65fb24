import { describe, expect, test } from 'vitest';
import { parseLevel } from '../../src/assign/level-text.ts';
import { createRng } from '../../src/base/rng.ts';
import { isMixture } from '../../src/dnn/assignment.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { isWeighted, multiplicationsByLayer } from '../../src/dnn/quantised-network.ts';
import { type Candidate, findCandidates } from '../../src/explore/candidates.ts';
import {
  outcomeOf,
  referencePointOf,
  spaceOf,
  uniformGenomes,
  usedMultipliers,
  variantOfOptions,
} from '../../src/explore/exploration-problem.ts';
import { imageEnergyNj } from '../../src/explore/image-energy.ts';
import { createLayerOptions, energyOf, type LayerOptionsRequest } from '../../src/explore/layer-options.ts';
import { energiesOf } from '../../src/explore/multiplier-energies.ts';
import { type Choice, pruneChoices } from '../../src/explore/prune-choices.ts';
import { geneCosts, greedyPath } from '../../src/explore/sensitivity-greedy.ts';
import { shortlist } from '../../src/explore/shortlist.ts';
import { designName } from '../../src/multiplier/spec.ts';
import { randomImages, randomNetwork } from '../dnn/random-network.ts';
import { ENERGIES_PJ, pricedTable } from './priced-table.ts';

const float = randomNetwork(5);
const network = quantiseNetwork(float, randomImages(float, 8, 3));
const weighted = network.layers.filter(isWeighted);
const energies = energiesOf(pricedTable(), network, 'activations');
const candidates = findCandidates(network, pricedTable(), energies, {
  stream: 'uniform',
  roundedOperand: 'activations',
  scope: {},
});
const all = candidates.map((_, index) => index);

const optionsFor = (level: string, more: Partial<LayerOptionsRequest> = {}) =>
  createLayerOptions({
    network,
    level: parseLevel(level, 'level'),
    candidates,
    choices: new Map(weighted.map(({ name }) => [name, all])),
    energies,
    variantOf: (_layer, multiplier) => ({ multiplier }),
    ...more,
  });

test('the multipliers of a table: exact ones first, the cheapest of them before all, then by falling energy', () => {
  expect(candidates.map(({ design }) => design)).toEqual([
    'mul_baugh_wooley_s8',
    'mul_booth_s8',
    'mul_roup_s8_p0_r2_2_0_0',
    'mul_roup_s8_p0_r6_4_2_0',
    'mul_roup_s8_p1_r2',
    'mul_roup_s8_p2_r2_0',
    'mul_roup_s8_p2_r4',
  ]);
});

describe.each(['llam', 'flam-2', 'flam-3-contiguous-uneven', 'klam-row', 'klam-channel-2'])('%s', (level) => {
  const skips = [undefined, { withinSigma: 0.5 }];
  const layerOptions = optionsFor(level, { skips });
  const space = spaceOf(layerOptions.genes);
  const rng = createRng(7);

  test('has a gene per class and one to skip, whose energies are those of the assignment', () => {
    const perLayer = weighted.map(({ name }) => layerOptions.genes.filter(({ layer }) => layer === name));
    expect(perLayer.every((genes) => genes.at(-1)!.skips?.join() === 'none,|w-mu|<0.5 sigma')).toBe(true);
    if (level === 'llam') expect(perLayer.map(({ length }) => length)).toEqual(weighted.map(() => 2));
    let mixtures = 0;
    for (let i = 0; i < 20; i++) {
      const options = layerOptions.optionsOf(space.draw(rng));
      const assignment = new Map(
        [...variantOfOptions(options)].map(([layer, { multiplier }]) => [layer, multiplier]),
      );
      mixtures += [...assignment.values()].filter(isMixture).length;
      const direct = imageEnergyNj(network, assignment, (spec) => ENERGIES_PJ.get(designName(spec)));
      expect('energyNj' in direct && energyOf(options, 'uniform')).toBeCloseTo(
        (direct as { energyNj: number }).energyNj,
        9,
      );
      const total = [...multiplicationsByLayer(network).values()].reduce((a, b) => a + b);
      const counted = [...usedMultipliers(options).values()].reduce((a, b) => a + b);
      const skipped = [...options.values()].reduce((sum, own) => sum + own.skippedMultiplications, 0);
      expect(counted + skipped).toBeCloseTo(total, 6);
    }
    expect(mixtures).toBeGreaterThan(20);
  });
});

describe('objectives and constraints', () => {
  const layerOptions = optionsFor('llam');
  const counts = [...multiplicationsByLayer(network).values()];
  const score = { images: 50, correct: 40, klNats: 0.25 };
  const exact = { images: 50, correct: 45, klNats: 0 };
  const genome = layerOptions.genes.map((_, i) => [0, 3, 6][i % 3]!);
  const request = { candidates, stream: 'uniform', architecture: 'any', exact } as const;
  const outcome = (more: object) =>
    outcomeOf(layerOptions.optionsOf(genome), score, { ...request, objectives: ['kl', 'energy'], ...more });

  test('by hand', () => {
    const perLayer = genome.map((choice, i) => counts[i]! * [0.45, 0, 0, 0.36, 0, 0, 0.15][choice]!);
    const energyNj = perLayer.reduce((a, b) => a + b) / 1000;
    expect(outcome({}).objectives[0]).toBe(0.25);
    expect(outcome({}).objectives[1]).toBeCloseTo(energyNj, 9);
    expect(outcome({ objectives: ['accuracy', 'energy'] }).objectives[0]).toBeCloseTo(10, 9);
    expect(outcome({ objectives: ['kl', 'energy', 'delay'] }).objectives[2]).toBe(0.9);
  });

  test('area: all multipliers in each element, or tiles shared out by multiplications', () => {
    const areaOf = (architecture: string) =>
      outcome({ objectives: ['kl', 'energy', 'area'], architecture }).objectives[2];
    const areas = genome.map((choice) => candidates[choice]!.areaUm2);
    const total = counts.reduce((a, b) => a + b);
    const mean = areas.reduce((sum, area, i) => sum + area * counts[i]!, 0) / total;
    expect([areaOf('power-gated'), areaOf('any')]).toEqual([310 + 220 + 90, 310 + 220 + 90]);
    expect(areaOf('tiled')).toBeCloseTo(mean, 9);
  });

  test('too many multipliers, and mixtures in a tiled chip, violate by how many', () => {
    expect([1, 2, 3, 4].map((maxMultipliers) => outcome({ maxMultipliers }).violations)).toEqual([
      [2],
      [1],
      [0],
      [-1],
    ]);
    expect(outcome({ architecture: 'tiled' }).violations).toEqual([0]);
    const mixed = optionsFor('flam-2');
    const options = mixed.optionsOf(mixed.genes.map((_, i) => i % 2));
    expect(
      outcomeOf(options, score, { ...request, objectives: ['kl', 'energy'], architecture: 'tiled' })
        .violations,
    ).toEqual([weighted.length]);
  });

  test('genomes that are drawn keep the limit of multipliers', () => {
    const space = spaceOf(layerOptions.genes, 2);
    const rng = createRng(3);
    const used = Array.from({ length: 60 }, () => new Set(space.draw(rng)));
    expect(used.every(({ size }) => size <= 2)).toBe(true);
    expect(new Set(used.flatMap((own) => [...own])).size).toBe(7);
    expect(uniformGenomes(layerOptions)).toEqual(all.map((choice) => genome.map(() => choice)));
  });

  test('children begin like one parent and end like the other', () => {
    const space = spaceOf(layerOptions.genes);
    const rng = createRng(5);
    const [a, b] = [genome.map(() => 1), genome.map(() => 2)];
    const points = Array.from({ length: 80 }, () => {
      const [x, y] = space.cross(a, b, rng);
      const at = x.indexOf(2);
      expect(x).toEqual(genome.map((_, i) => (i < at ? 1 : 2)));
      expect(y).toEqual(x.map((choice) => 3 - choice));
      return at;
    });
    expect(new Set(points)).toEqual(new Set(genome.map((_, i) => i).slice(1)));
  });

  test('the reference point', () => {
    const figures = { candidates, exactEnergyNj: 42, clockNs: 1, maxMultipliers: 2 };
    const at = (architecture: 'power-gated' | 'tiled') =>
      referencePointOf(['kl', 'energy', 'area'], { ...figures, architecture });
    expect([at('power-gated'), at('tiled')]).toEqual([
      [0.5, 42, 610],
      [0.5, 42, 310],
    ]);
  });
});

describe('choices of a layer', () => {
  const choice = (multiplier: number, klNats: number, energyPj: number, ...others: number[]): Choice => ({
    multiplier,
    klNats,
    energyPj,
    others,
  });
  const kept = (choices: readonly Choice[], most = 9) =>
    pruneChoices(choices, { worstKlNats: 0.5, most }).map(({ multiplier }) => multiplier);

  test('what is beaten, equal or beyond all measure is left out', () => {
    const choices = [
      choice(0, 0, 1),
      choice(1, 0, 1),
      choice(2, 0, 1.2),
      choice(3, 0.1, 0.6),
      choice(4, 0.2, 0.7),
      choice(5, 0.7, 0.1),
    ];
    expect(kept(choices)).toEqual([0, 3]);
    expect(
      kept([...choices, choice(6, 0.3, 0.7, 5)].map((one, i) => ({ ...one, others: [i === 6 ? 1 : 5] }))),
    ).toEqual([0, 6, 3]);
  });

  test('of too many those go that the staircase misses least', () => {
    const choices = [
      choice(0, 0, 1),
      choice(1, 0.01, 0.9),
      choice(2, 0.011, 0.89),
      choice(3, 0.05, 0.5),
      choice(4, 0.3, 0.1),
    ];
    expect(kept(choices, 4)).toEqual([0, 2, 3, 4]);
    expect(kept(choices, 1)).toEqual([0]);
  });
});

test('greedy: the change that saves most for its loss comes first, within the constraints', () => {
  const genes = ['x', 'y'].map((layer) => ({ name: layer, layer, choices: [0, 1, 2] }));
  const costs: Record<string, readonly (readonly [number, number])[]> = {
    x: [
      [0, 10],
      [0.1, 7],
      [0.4, 2],
    ],
    y: [
      [0, 5],
      [0, 4],
      [0.1, 3],
    ],
  };
  const own = geneCosts(genes, (layer, multiplier) => {
    const [klNats, energyNj] = costs[layer]![multiplier]!;
    return { klNats, energyNj };
  });
  expect(greedyPath([0, 0], own, () => true)).toEqual([
    [0, 0],
    [0, 1],
    [1, 1],
    [2, 1],
    [2, 2],
  ]);
  expect(greedyPath([0, 0], own, ([x]) => x !== 2)).toEqual([
    [0, 0],
    [0, 1],
    [1, 1],
    [1, 2],
  ]);
});

test('sabotage: an energy that is off is noticed', () => {
  const wrong: readonly Candidate[] = candidates;
  const more = { ...energies, energyPjOf: () => 1 };
  const options = optionsFor('llam', { energies: more }).optionsOf(weighted.map(() => 3));
  const right = optionsFor('llam').optionsOf(weighted.map(() => 3));
  expect(wrong).toHaveLength(7);
  expect(energyOf(options, 'uniform')).not.toBeCloseTo(energyOf(right, 'uniform')!, 3);
});

test('shortlist: what another multiplier beats in energy and in both forecast noises is left out', () => {
  const layer = weighted[0]!.name;
  const figures: readonly (readonly [number, number, number])[] = [
    [9, 0, 0],
    [10, 0, 0],
    [5, 0.1, 0],
    [5, 0, 0.11],
    [6, 0.1, 0],
    [2, 0.3, 0.3],
    [2, 0.3, 0.3],
  ];
  const only = candidates.map((own, i) => ({ ...own, energyPj: new Map([[layer, figures[i]![0]]]) }));
  const place = (design: string): number => only.findIndex((own) => own.design === design);
  const forecast = (spec: (typeof only)[number]['spec']) => {
    const [, activations, weights] = figures[place(designName(spec))]!;
    return { activations, weights };
  };
  expect(shortlist(only, layer, (_, spec) => forecast(spec))).toEqual([0, 2, 3, 5, 6]);
  expect(shortlist(only, layer, undefined)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(shortlist(only, 'elsewhere', undefined)).toEqual([]);
  const without = shortlist(only, layer, (_, spec) =>
    place(designName(spec)) === 4 ? undefined : forecast(spec),
  );
  expect(without).toEqual([0, 2, 3, 4, 5, 6]);
});
