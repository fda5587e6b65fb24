import { formatNumber } from './columns.ts';
import type { Statement } from './content.ts';
import { designLabel } from './design-label.ts';
import { type ExplorationView, METHOD_TITLES, STREAM_TITLES } from './exploration-view.ts';
import { NOT_SIGNIFICANT_MEANING } from './significance.ts';

/** Title of the page. */
export function explorationTitle({ exploration }: ExplorationView): string {
  return `Accuracy and energy of ${exploration.network.name} with approximate multipliers`;
}

/** One line: how much was searched. */
export function explorationLede({ exploration, points, front }: ExplorationView): string {
  const { searches, multipliers } = exploration;
  const evaluations = searches.reduce((sum, search) => sum + search.evaluations, 0);
  return `${formatNumber(evaluations, 0)} assignments evaluated at level ${levelWords(exploration)}, with ${multipliers.length} multipliers: ${points.length} points kept, ${front.length} on the front`;
}

/** What was searched, on what, and what the figures come from. */
export function describeExplorationSources(view: ExplorationView): readonly Statement[] {
  const { exploration } = view;
  const { network, calibration, test, library, searches } = exploration;
  return [
    {
      lead: 'Network',
      text: `${network.name}, sha256 ${short(network.sha256)}, ${formatNumber(network.multiplicationsPerImage, 0)} multiplications per image, ${exploration.roundedOperand} on the rounded operand`,
    },
    {
      lead: 'Calibration',
      text: `${calibration.images} training images of ${calibration.name}, seed ${calibration.seed}, sha256 ${short(calibration.sha256)}: the search saw these; exact int8 ${exactShare(exploration.exact.calibration)}`,
    },
    {
      lead: 'Test',
      text:
        test === undefined
          ? 'none'
          : `${test.images} images of ${test.name}, sha256 ${short(test.sha256)}${exploration.exact.test === undefined ? '' : `; exact int8 ${exactShare(exploration.exact.test)}`}`,
    },
    { lead: 'Level', text: levelWords(exploration) },
    { lead: 'Tuning', text: words(exploration.tuning) },
    { lead: 'Constraints', text: words(exploration.constraints) },
    { lead: 'Objectives', text: `${exploration.objectives.join(', ')}, all minimised` },
    ...searches.map(({ method, level, seed, settings, evaluations }) => ({
      lead: METHOD_TITLES[method],
      text: [
        ...(level === undefined ? [] : [`level ${level}`]),
        `${formatNumber(evaluations, 0)} evaluations`,
        `seed ${seed}`,
        ...pairs(settings),
      ].join(', '),
    })),
    {
      lead: 'Library',
      text: `${library.name} (${library.origin === 'embedded' ? 'embedded in the toolkit' : 'given by the user'}), sha256 ${short(library.sha256)}, ${library.voltageV} V, ${library.temperatureC} °C, clock ${exploration.clockNs} ns`,
    },
    ...view.streams.map((stream, index) => {
      const { design, role, energyPj, energyPerImageNj } = exploration.baselines[stream]!;
      return {
        lead: index === 0 ? 'Searched stream' : 'Other stream',
        text: `${stream} (${STREAM_TITLES[stream]}); baseline ${design}${role === undefined ? '' : `, ${role}`}: ${energyPj.toPrecision(3)} pJ per multiplication, ${formatNumber(energyPerImageNj, 0)} nJ per image`,
      };
    }),
  ];
}

/** What the figures are not; the leads are to be set in bold. */
export function describeExplorationLimits(view: ExplorationView): readonly Statement[] {
  const { exploration, front, points } = view;
  const { library, calibration, test, searchedStream, constraints } = exploration;
  const counted = front.filter((point) => point.test !== undefined).length;
  return [
    {
      lead: 'Multipliers only.',
      text: 'Energy excludes accumulators, registers, memories, control and data movement, which often need more than the multipliers.',
    },
    {
      lead: 'Zero delay, no layout.',
      text: 'No glitches, no wires, no clock tree. Differences in energy below 5 % say nothing.',
    },
    {
      lead: `Searched for one stream: ${searchedStream}.`,
      text: 'Each saving names its stream and is against the best exact 8×8 multiplier of that stream; on another stream the same point saves another share.',
    },
    {
      lead: 'KL and calibration accuracy are those that the search saw.',
      text: `${calibration.images} training images, on which ${points.length} points were selected: they flatter the points, and have no interval.`,
    },
    test === undefined || counted === 0
      ? {
          lead: 'No test images.',
          text: 'Nothing here tells how the points do on images that the search did not see.',
        }
      : {
          lead: `Test: ${test.images} images, used for nothing else, but for choosing among ${counted} points.`,
          text: `The best of many on the same images is partly luck; each p-value stands for itself. ${NOT_SIGNIFICANT_MEANING}.`,
        },
    {
      lead: 'No retraining.',
      text: `Tuning: ${words(exploration.tuning)}.`,
    },
    ...(exploration.tuning.method !== 'none' && exploration.streams.some((stream) => stream !== 'uniform')
      ? [
          {
            lead: 'Layer streams are those of the untuned network.',
            text: 'Energies on them are of its weights and activation scales, not of the tuned constants.',
          },
        ]
      : []),
    ...(Object.keys(constraints).length === 0
      ? [
          {
            lead: 'No constraints.',
            text: 'A point may need more multipliers side by side than an array can have.',
          },
        ]
      : []),
    ...(library.origin === 'embedded'
      ? [{ lead: 'Embedded library.', text: 'It describes no foundry’s process; energies rank designs.' }]
      : []),
    ...(/synthetic/i.test(`${calibration.name} ${test?.name ?? ''}`)
      ? [{ lead: 'Synthetic images.', text: 'Accuracies rank assignments and are no benchmark result.' }]
      : []),
    ...library.notes.map((text) => ({ lead: 'Library, not modelled.', text })),
  ];
}

/** Levels with their numbers of decisions, e.g. "llam (8 decisions)". */
function levelWords({ level, genes }: ExplorationView['exploration']): string {
  const levels = level.split(',');
  return levels
    .map(
      (name) =>
        `${name} (${genes.filter((gene) => levels.length === 1 || gene.level === name).length} decisions)`,
    )
    .join(', ');
}

/** Options as "name value"; "none" without. */
function words(options: Readonly<Record<string, string>>): string {
  return Object.keys(options).length === 0 ? 'none' : pairs(options).join(', ');
}

function pairs(options: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(options).map(([name, value]) => `${name} ${value}`);
}

function exactShare({ correct, images }: { readonly correct: number; readonly images: number }): string {
  return `${formatNumber((100 * correct) / images, 2)} %`;
}

function short(sha256: string): string {
  return sha256.slice(0, 12);
}

/** Names of the multipliers of a point, those with most multiplications first. */
export function describePointMultipliers(
  { exploration }: ExplorationView,
  { layers }: ExplorationView['points'][number],
): readonly string[] {
  const counts = new Map<number, number>();
  for (const { multiplier, multiplications } of layers.flatMap(({ parts }) => parts)) {
    counts.set(multiplier, (counts.get(multiplier) ?? 0) + multiplications);
  }
  return [...counts]
    .toSorted(([, p], [, q]) => q - p)
    .map(([multiplier]) => designLabel(exploration.multipliers[multiplier]!.spec));
}
