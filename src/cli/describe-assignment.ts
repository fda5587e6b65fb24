import type { AssignmentEnergy } from '../assign/assignment-schema.ts';
import type { AssignmentCounts } from '../assign/count-assignment.ts';
import { alignColumns } from './align-columns.ts';

/**
 * Multiplications by layer and multiplier and, where there are energies, nJ and saving against the best exact
 * multiplier by layer and stream, as text.
 * @param designs with their digits, in the order of the columns
 */
export function describeAssignment(
  title: string,
  designs: readonly (readonly [number, string])[],
  counts: AssignmentCounts,
  energy: AssignmentEnergy | undefined,
): string {
  const { multiplicationsPerImage, skippedPerImage, layers } = counts;
  const total = {
    multiplications: multiplicationsPerImage,
    skipped: skippedPerImage,
    byMultiplier: Object.fromEntries(
      designs.map(([, design]) => [
        design,
        Object.values(layers).reduce((sum, own) => sum + (own.byMultiplier[design] ?? 0), 0),
      ]),
    ),
  };
  const rows = [...Object.entries(layers), ['all', total] as const];
  const streams = Object.entries(energy?.streams ?? {});
  const hasSkips = skippedPerImage > 0;
  const heads = [
    [
      'layer',
      ...designs.map(([digit]) => `[${digit}]`),
      ...(hasSkips ? ['skipped'] : []),
      ...streams.flatMap(([stream]) => [stream, '']),
    ],
    ['', ...designs.map(() => ''), ...(hasSkips ? [''] : []), ...streams.flatMap(() => ['nJ', 'saving'])],
  ];
  const cells = rows.map(([layer, own]) => [
    layer,
    ...designs.map(([, design]) => countText(own.byMultiplier[design] ?? 0)),
    ...(hasSkips ? [countText(own.skipped)] : []),
    ...streams.flatMap(([, { energyPerImageNj, savingPercent, layers: byLayer }]) => {
      const figures = byLayer[layer] ?? {
        energyNj: energyPerImageNj,
        ...(savingPercent === undefined ? {} : { savingPercent }),
      };
      return [figures.energyNj.toFixed(1), savingText(figures.savingPercent)];
    }),
  ]);
  return [
    title,
    ...designs.map(([digit, design]) => `[${digit}] ${design}`),
    '',
    ...alignColumns(streams.length > 0 ? [...heads, ...cells] : [heads[0]!, ...cells]),
    ...(energy === undefined ? [] : ['', ...describeEnergies(energy)]),
  ].join('\n');
}

function describeEnergies({ library, clockNs, role, streams }: AssignmentEnergy): readonly string[] {
  return [
    `Energies of library ${library.name} at ${clockNs} ns, zero delay; on the layers' own operands ${ROLE_WORDS[role] ?? role} on port b.`,
    ...Object.entries(streams).map(([stream, { bestExact }]) =>
      bestExact === undefined
        ? `${stream}: the table has no exact multiplier to compare with.`
        : `Best exact on ${stream}: ${bestExact.design}, ${bestExact.energyPerImageNj.toFixed(1)} nJ per image.`,
    ),
  ];
}

const ROLE_WORDS: Readonly<Record<string, string>> = {
  'weight-on-b': 'weights',
  'activation-on-b': 'activations',
};

function countText(count: number): string {
  return count === 0 ? '-' : String(count);
}

function savingText(percent: number | undefined): string {
  return percent === undefined ? '-' : `${percent < 0 ? '' : '+'}${percent.toFixed(1)} %`;
}
