import type { OnProgress } from '../base/progress.ts';
import { convolutionAssignment, PALETTE } from './palette.ts';
import type { Correct, Figure3 } from './reproduction.ts';
import { createSteps, type Scorer, type ScorerSetup } from './scorer.ts';

/**
 * Fig. 3a: each convolution alone with each of three multipliers; 3b: the first m = 0, 1, … convolutions. All others
 * exact.
 */
export async function reproduceFigure3(
  kind: Figure3['kind'],
  { network }: Pick<ScorerSetup, 'network'>,
  scorer: Scorer,
  onProgress?: OnProgress,
): Promise<Figure3> {
  const convs = network.layers.filter(({ op }) => op === 'conv2d').map(({ name }) => name);
  const exact = convolutionAssignment(network, PALETTE[0]!.spec);
  const sets =
    kind === 'fig3a'
      ? convs.map((name) => ({ label: name, layers: [name] }))
      : [...convs.keys(), convs.length].map((m) => ({ label: String(m), layers: convs.slice(0, m) }));
  const step = createSteps(onProgress, kind, sets.length * (PALETTE.length - 1));
  const rows: { label: string; correct: Correct[] }[] = sets.map(({ label }) => ({ label, correct: [] }));
  for (const { title, spec } of PALETTE.slice(1)) {
    for (const [index, { label, layers }] of sets.entries()) {
      const assignment = new Map([...exact, ...layers.map((layer) => [layer, spec] as const)]);
      rows[index]!.correct.push(await scorer.scoreAll(assignment));
      step(`${label} ${title}`);
    }
  }
  return { kind, rows };
}
