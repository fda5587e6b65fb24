import type { ComparedAccuracy, Evaluation, EvaluationEnergy } from '../explore/evaluation.ts';
import type { NetworkStream } from '../explore/stream-comparison.ts';

/**
 * Energy of the multiplications of one image on each stream of the energy table, with its gain against the best exact
 * multiplier on that stream, as text; empty where no energy table was given.
 */
export function describeImageEnergy(evaluation: Evaluation): readonly string[] {
  const { energy } = evaluation;
  const rows = [
    ...evaluation.rows.map((row) => [row.design, row] as const),
    ...evaluation.assignments.map((row) => [row.name, row] as const),
  ];
  if (energy === undefined || rows.length === 0) return [];
  const width = Math.max(BEST_EXACT.length, ...rows.map(([name]) => name.length));
  const line = (name: string, cells: readonly string[]): string =>
    [name.padEnd(width), ...cells.map((cell) => cell.padStart(COLUMN))].join(' ');
  const exact = energy.streams.map((stream) => {
    const best = energy.baselines[stream];
    return best === undefined ? '-' : best.energyPerImageNj.toFixed(0);
  });
  return [
    `Multiplications of one image, nJ, zero delay, at ${energy.clockNs} ns, ${ROLE_WORDS[energy.role]} on port b; gain against the best exact multiplier`,
    line('', energy.streams),
    line(BEST_EXACT, exact),
    ...rows.map(([name, row]) =>
      line(
        name,
        energy.streams.map((stream) => cellOf(row, energy, stream)),
      ),
    ),
    ...new Set(rows.flatMap(([, row]) => Object.values(row.energyMissing ?? {}))),
    ...(energy.note === undefined ? [] : [energy.note]),
  ];
}

const BEST_EXACT = 'best exact';
const COLUMN = 18;
const ROLE_WORDS: Readonly<Record<EvaluationEnergy['role'], string>> = {
  'weight-on-b': 'weights',
  'activation-on-b': 'activations',
};

function cellOf(row: ComparedAccuracy, { baselines }: EvaluationEnergy, stream: NetworkStream): string {
  const energyNj = row.energyPerImageNjByStream?.[stream];
  if (energyNj === undefined) return '-';
  const best = baselines[stream];
  if (best === undefined) return energyNj.toFixed(0);
  const gain = (1 - energyNj / best.energyPerImageNj) * 100;
  return `${energyNj.toFixed(0)} ${`${gain < 0 ? '' : '+'}${gain.toFixed(1)} %`.padStart(8)}`;
}
