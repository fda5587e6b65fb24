import { sortFronts } from '../search/domination.ts';
import type { Candidate } from './candidates.ts';
import type { AloneScore } from './measure-sensitivity.ts';

/** Multipliers tuned per layer, as a multiple of those that it may choose from in the end. */
const TUNED_PER_CHOICE = 3;

/**
 * Candidates worth tuning, per layer: front after front in (KL of the layer alone as it is, energy), until there are
 * three times as many as may be chosen. Tuning takes up to seconds each, and seldom brings up what is far behind.
 */
export function worthTuning(
  alone: readonly AloneScore[],
  candidates: readonly Candidate[],
  choices: number,
): readonly Candidate[] {
  const kept = new Map<string, ReadonlySet<number>>();
  for (const name of new Set(alone.map(({ layer }) => layer))) {
    const own = alone.filter(({ layer }) => layer === name);
    const members = own.map(({ multiplier, klNats }) => ({
      genome: [multiplier],
      objectives: [klNats, candidates[multiplier]!.energyPj.get(name)!],
      violation: 0,
    }));
    const order = sortFronts(members).flat();
    const best = order.slice(0, TUNED_PER_CHOICE * choices);
    kept.set(name, new Set(best.map((i) => own[i]!.multiplier)));
  }
  return candidates.map((candidate, index) => ({
    ...candidate,
    energyPj: new Map([...candidate.energyPj].filter(([layer]) => kept.get(layer)!.has(index))),
  }));
}
