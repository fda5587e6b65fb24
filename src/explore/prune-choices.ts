import { dominates } from '../search/domination.ts';

/** A multiplier that a layer may use. */
export interface Choice {
  readonly multiplier: number;
  /** Of this layer alone, nats. */
  readonly klNats: number;
  /** Per multiplication in this layer. */
  readonly energyPj: number;
  /** Further figures that count, e.g. its area. */
  readonly others: readonly number[];
}

/**
 * The choices worth having: none that another one beats or equals in everything, none that costs more KL than counts,
 * and at most `most` of them, chosen so that the staircase of energy over KL loses least. By falling energy; the one
 * with the least KL stays.
 * @param worstKlNats what a layer alone may cost
 */
export function pruneChoices(
  choices: readonly Choice[],
  { worstKlNats, most }: { readonly worstKlNats: number; readonly most: number },
): readonly Choice[] {
  const figures = ({ klNats, energyPj, others }: Choice): readonly number[] => [klNats, energyPj, ...others];
  const seen = new Set<string>();
  const kept = choices
    .filter((one) => !choices.some((other) => dominates(figures(other), figures(one))))
    .filter((one) => {
      const key = figures(one).join();
      return !seen.has(key) && seen.add(key);
    })
    .sort((x, y) => x.klNats - y.klNats || x.energyPj - y.energyPj || x.multiplier - y.multiplier)
    .filter(({ klNats }, i) => i === 0 || klNats < worstKlNats);
  while (kept.length > most) kept.splice(leastMissed(kept, worstKlNats), 1);
  return kept.sort((x, y) => y.energyPj - x.energyPj || x.klNats - y.klNats);
}

/** Place, not the first, of the choice without which the area under the staircase grows least. */
function leastMissed(choices: readonly Choice[], worstKlNats: number): number {
  let best = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 1; i < choices.length; i++) {
    const next = choices[i + 1]?.klNats ?? worstKlNats;
    const missed = (next - choices[i]!.klNats) * Math.abs(choices[i - 1]!.energyPj - choices[i]!.energyPj);
    if (missed < least) [best, least] = [i, missed];
  }
  return best;
}
