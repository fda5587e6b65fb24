import { badInput, show } from '../base/errors.ts';
import type { Genome, GenomeSpace } from './problem.ts';

/**
 * Genomes of integers: gene i is one of 0 … choices[i] − 1, e.g. the multiplier of a layer or filter class. The numbers
 * have no order. Crossover is uniform (each gene changes sides with probability ½), mutation draws another choice, all
 * others equally likely; a gene with one choice is fixed.
 * @param choices number of choices per gene, ≥ 1
 * @throws bad-input without genes, or where a gene has no choices
 */
export function choiceSpace(choices: readonly number[]): GenomeSpace {
  const hint = 'Give the number of choices of each gene, e.g. the number of multipliers for each layer.';
  if (choices.length === 0) {
    throw badInput({ where: 'choices', wanted: 'at least one gene', found: 'an empty genome' }, hint);
  }
  const faults = choices.flatMap((count, gene) =>
    Number.isInteger(count) && count >= 1
      ? []
      : [{ where: `choices[${gene}]`, wanted: 'an integer ≥ 1', found: String(count) }],
  );
  if (faults.length > 0) throw badInput(faults, hint);

  return {
    identity: { genes: 'choices', choices },
    genes: choices.length,
    discrete: true,
    draw: (rng) => choices.map((count) => rng.nextInt(0, count - 1)),
    cross: (a, b, rng) => {
      const swapped = choices.map(() => rng.nextInt(0, 1) === 1);
      return [swapped.map((swap, i) => (swap ? b : a)[i]!), swapped.map((swap, i) => (swap ? a : b)[i]!)];
    },
    mutate: (genome, probability, rng) =>
      genome.map((value, i) => {
        if (choices[i] === 1 || rng.nextFloat() >= probability) return value;
        const other = rng.nextInt(0, choices[i]! - 2);
        return other < value ? other : other + 1;
      }),
    faultOf: (genome) => {
      const wrong = genome.findIndex((v, i) => !Number.isInteger(v) || v < 0 || v >= (choices[i] ?? 0));
      if (genome.length !== choices.length) {
        return { wanted: `${choices.length} genes`, found: `${genome.length} genes` };
      }
      return wrong < 0
        ? undefined
        : { wanted: `gene ${wrong} in 0 … ${choices[wrong]! - 1}`, found: show(genome[wrong]) };
    },
  };
}

/** Every genome that differs from this one in a single gene. */
export function neighbours(choices: readonly number[], genome: Genome): readonly Genome[] {
  return choices.flatMap((count, gene) =>
    Array.from({ length: count }, (_, choice) => choice)
      .filter((choice) => choice !== genome[gene])
      .map((choice) => genome.with(gene, choice)),
  );
}
