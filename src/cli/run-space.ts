import type { OnProgress } from '../base/progress.ts';
import { errorMetrics } from '../multiplier/error-metrics.ts';
import { portShape } from '../multiplier/spec.ts';
import { describeSpace } from '../report/space-findings.ts';
import type { SpaceEnergy, SpaceReference } from '../report/space-rows.ts';
import { writeSpace } from '../report/write-space.ts';
import type { EnergyConditions, EnergyRow, EnergyTable } from '../synth/energy-table.ts';
import { selectRows } from '../synth/select-rows.ts';
import { buildSpaceTable } from '../synth/space-table.ts';
import type { CommandArguments, Outcome } from './command.ts';
import { loadStore } from './multiplier-store.ts';
import { textOption } from './options.ts';
import type { SpaceChoice } from './space.ts';
import { openLibrary } from './stages.ts';
import { workspaceOf } from './workspace.ts';

/** Prices a whole space; for ROUP and narrow designs with the Pareto front. @throws as buildSpaceTable */
export async function runSpace(
  space: SpaceChoice,
  args: CommandArguments,
  conditions: EnergyConditions,
  onProgress: OnProgress,
): Promise<Outcome> {
  const { specs, outFolder, error } = space;
  const place = workspaceOf(args);
  const library = await openLibrary(place, textOption(args, 'liberty'));
  const built = await buildSpaceTable({ specs, library, conditions, outFolder, onProgress });
  const { table, jsonPath, csvPath } = built;
  const files = [jsonPath, csvPath];
  if (space.family === 'exact') {
    return {
      text: [...describeArchitectures(table), ...files].join('\n'),
      value: { path: jsonPath, csvPath, designs: built.designs.length },
    };
  }
  const errors = Object.fromEntries(built.designs.map(({ design, metrics }) => [design, metrics]));
  const references = loadStore(place.multipliersDir).map(
    ({ spec, source }): SpaceReference => ({
      name: spec.name,
      operands: spec.operands,
      errors: errorMetrics(spec),
      file: source.file,
      published: source.published ?? {},
    }),
  );
  const energies: readonly SpaceEnergy[] =
    conditions.glitches === 'none' ? ['settled'] : ['settled', 'with-glitches'];
  const views = energies.map((energy) => ({
    energy,
    ...writeSpace({ table, errors, error, energy, references }, outFolder),
  }));
  const findings = views.map(({ report, energy }) => ({
    energy,
    statements: describeSpace(report).map(({ lead, text }) => `${lead} ${text}`),
  }));
  const paths = views.flatMap(({ htmlPath, svgPath, csvPath: frontPath }) => [htmlPath, svgPath, frontPath]);
  return {
    text: [...findings.flatMap(({ statements }) => statements), ...files, ...paths].join('\n'),
    value: { path: jsonPath, csvPath, frontPaths: paths, designs: built.designs.length, findings },
  };
}

/** How often each architecture needs the least energy among exact multipliers of the same widths, by signs. */
function describeArchitectures(table: EnergyTable): readonly string[] {
  const rows = selectRows(table);
  const families = [...new Set(rows.map(({ spec }) => spec.family))];
  const energies = [
    { title: 'without glitches', of: (row: EnergyRow) => row.energyPj },
    ...(rows.every(({ glitchPj }) => glitchPj !== undefined)
      ? [{ title: 'with glitches', of: (row: EnergyRow) => row.energyPj + row.glitchPj! }]
      : []),
  ];
  const missed = rows.filter(({ meetsClock }) => !meetsClock).length;
  const head = `${rows.length} exact multipliers, ${missed} miss the clock target; shapes for which each architecture needs the least energy:`;
  const lines = energies.flatMap(({ title, of }) => {
    const best = new Map<string, EnergyRow>();
    for (const row of rows) {
      const { family: _, ...shape } = row.spec;
      const key = JSON.stringify(shape);
      const before = best.get(key);
      if (before === undefined || of(row) < of(before)) best.set(key, row);
    }
    const cheapest = [...best.values()];
    return [...new Set(cheapest.map(signsOf))].map((signs) => {
      const own = cheapest.filter((row) => signsOf(row) === signs);
      const wins = families.map(
        (family) => `${family} ${own.filter(({ spec }) => spec.family === family).length}`,
      );
      return `  ${signs}, ${title}: ${wins.join(', ')}`;
    });
  });
  return [head, ...lines];
}

/** "signed × unsigned" */
function signsOf({ spec }: EnergyRow): string {
  const { aSigned, bSigned } = portShape(spec);
  return [aSigned, bSigned].map((signed) => (signed ? 'signed' : 'unsigned')).join(' × ');
}
