import { expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { choiceSpace, neighbours } from '../../src/search/choice-space.ts';
import { realSpace } from '../../src/search/real-space.ts';

test('choices: genomes are drawn evenly, children take each gene from a parent, mutation draws another choice', () => {
  const space = choiceSpace([4, 1, 2]);
  const rng = createRng(2);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 8000; i++) {
    const genome = space.draw(rng);
    expect(space.faultOf(genome)).toBeUndefined();
    counts[genome[0]!]!++;
  }
  // Standard deviation of a count is about 39.
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);

  let swapped = 0;
  for (let i = 0; i < 4000; i++) {
    const [c, d] = space.cross([3, 0, 0], [1, 0, 1], rng);
    expect([c[0]! + d[0]!, c[1], d[1], c[2]! + d[2]!]).toEqual([4, 0, 0, 1]);
    if (c[0] === 1) swapped++;
  }
  expect(Math.abs(swapped - 2000)).toBeLessThan(200);

  const others = [0, 0, 0, 0];
  for (let i = 0; i < 8000; i++) {
    const mutant = space.mutate([1, 0, 0], 0.25, rng);
    expect(space.faultOf(mutant)).toBeUndefined();
    others[mutant[0]!]!++;
  }
  // Unchanged with 3/4; 1/12 each for the others.
  expect(Math.abs(others[1]! - 6000)).toBeLessThan(200);
  for (const other of [0, 2, 3]) expect(Math.abs(others[other]! - 667)).toBeLessThan(130);
});

test('neighbours differ in one gene, and are all there are', () => {
  const all = neighbours([3, 1, 2], [1, 0, 0]);
  expect(all).toEqual([
    [0, 0, 0],
    [2, 0, 0],
    [1, 0, 1],
  ]);
});

test('real genes: simulated binary crossover keeps the sum away from the bounds, all stay within them', () => {
  const bounds = [
    { lower: -1000, upper: 1000 },
    { lower: 0, upper: 1 },
  ];
  const space = realSpace(bounds);
  const rng = createRng(6);
  let crossed = 0;
  let atBound = 0;
  for (let i = 0; i < 5000; i++) {
    const [c, d] = space.cross([1, 0], [3, 1], rng);
    expect([space.faultOf(c), space.faultOf(d)]).toEqual([undefined, undefined]);
    expect(c[0]! + d[0]!).toBeCloseTo(4, 4);
    if (c[0] !== 1) crossed++;
    const mutant = space.mutate([999, 0], 1, rng);
    expect(space.faultOf(mutant)).toBeUndefined();
    if (mutant[1] === 0) atBound++;
  }
  // Crossed with ½, of which half exchanged, which also differs from the parent's place.
  expect(Math.abs(crossed - 2500)).toBeLessThan(250);
  // From its lower bound a gene is not pushed out: half of the steps, those downwards, end on it.
  expect(Math.abs(atBound - 2500)).toBeLessThan(250);
});

test('mutation with probability 0 and crossover of equal parents change nothing', () => {
  const rng = createRng(1);
  for (const space of [choiceSpace([9, 9]), realSpace(Array(2).fill({ lower: 0, upper: 9 }))]) {
    expect(space.mutate([3, 4], 0, rng)).toEqual([3, 4]);
    expect(space.cross([3, 4], [3, 4], rng)).toEqual([
      [3, 4],
      [3, 4],
    ]);
  }
});
