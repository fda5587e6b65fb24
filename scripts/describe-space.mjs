// The figures of docs/space.md, "What the 8-bit space says", as Markdown, from a space that was priced with glitches.
//   node scripts/describe-space.mjs FOLDER        e.g. out/space/roup, after maxdnn table --family roup --bits 8 --all
// Build first (scripts/build).
import { join } from 'node:path';
import { errorMetrics } from '../dist/multiplier/error-metrics.js';
import { CLASS_TITLES } from '../dist/report/space-class.js';
import { ENERGY_TITLES, errorLevels, isAsymmetric, SPACE_NOISE_PERCENT } from '../dist/report/space-findings.js';
import { joinSpace, SPACE_ERRORS } from '../dist/report/space-rows.js';
import { readEnergyTable } from '../dist/synth/energy-table.js';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: node scripts/describe-space.mjs FOLDER\n');
  process.exit(2);
}
const table = readEnergyTable(join(folder, 'energy-table.json'));
const errors = Object.fromEntries(table.rows.map(({ design, spec }) => [design, errorMetrics(spec)]));
const view = (error, energy) => joinSpace({ table, errors, error, energy, references: [] });
const ENERGIES = ['settled', 'with-glitches'];
const views = ENERGIES.map((energy) => view('mae', energy));
const print = (text) => process.stdout.write(`${text.replace(/(?<=^|[ (|])-(?=\d)/g, '−')}\n`);
const energyOf = { settled: (row) => row.energyPj, 'with-glitches': (row) => row.energyPj + row.glitchPj };

const { library, conditions, rows } = table;
const pairs = rows.reduce((sum, row) => sum + row.pairsCosimulated, 0);
const missed = rows.filter((row) => !row.meetsClock).length;
print(
  `Library ${library.name} (sha256 ${library.sha256.slice(0, 12)}…), ${views[0].clockNs} ns, ${conditions.operandPairs} uniform pairs; ${rows.length} designs, cosimulated on ${pairs} pairs in all; ${missed} miss the clock target.\n`,
);
print('| exact 8×8 | energy without glitches [pJ] | with [pJ] | delay [ns] | area [µm²] |\n|---|---|---|---|---|');
for (const row of rows.filter(({ design }) => /^mul_(booth|baugh_wooley|behavioural)_s8$/.test(design))) {
  print(
    `| ${row.design} | ${row.energyPj.toFixed(3)} | ${energyOf['with-glitches'](row).toFixed(3)} | ${row.delayNs.toFixed(2)} | ${row.areaUm2.toFixed(0)} |`,
  );
}

print('\nCheapest design per bound of the MAE, gain in energy against the cheapest exact 8×8:\n');
print(
  '| MAE at most [%] | exact or narrow | gain [%] | ROUP, unequal r | gain [%] | with glitches: exact or narrow | gain [%] | ROUP, unequal r | gain [%] |\n|---|---|---|---|---|---|---|---|---|',
);
const levels = views.map(errorLevels);
for (const [index, { bound }] of levels[0].entries()) {
  const cells = levels.flatMap((own) =>
    own[index].cheapest
      .slice(0, 2)
      .flatMap((row) => (row === undefined ? ['', ''] : [row.label, row.gainPercent.toFixed(1)])),
  );
  print(`| ${bound} | ${cells.join(' | ')} |`);
}
print('');

for (const error of ['mae', 'mred']) {
  for (const energy of ENERGIES) {
    const own = view(error, energy).rows.filter((row) => isAsymmetric(row) && row.cost.meetsClock);
    const clear = own.filter((row) => row.toRivalPercent < -SPACE_NOISE_PERCENT);
    const less = own.filter((row) => row.toRivalPercent < 0);
    const best = own.reduce((least, row) => (row.toRivalPercent < least.toRivalPercent ? row : least));
    const rivals = countBy(clear);
    print(
      `- Unequal r, ${SPACE_ERRORS[error].title}, ${ENERGY_TITLES[energy]}: ${clear.length} of ${own.length} need more than ${SPACE_NOISE_PERCENT} % less than every exact or narrow design of at most their error (rivals: ${rivals || 'none'}), ${less.length} less at all, up to an error of ${Math.max(0, ...less.map((row) => row.error)).toPrecision(2)} %; best ${best.toRivalPercent.toFixed(1)} %, ${best.label}, ${SPACE_ERRORS[error].title} ${best.error.toPrecision(3)} %, against ${best.rival.design}.`,
    );
  }
}
for (const [index, { rows: own }] of views.entries()) {
  const twins = own.flatMap((row) =>
    row.twin === undefined ? [] : [(row.twin.energyPj / row.energyPj - 1) * 100],
  );
  const clear = twins.filter((percent) => percent < -SPACE_NOISE_PERCENT).length;
  const front = own.filter((row) => row.onFront);
  const shares = Object.keys(CLASS_TITLES).map(
    (name) => `${name} ${front.filter((row) => row.class === name).length}`,
  );
  print(
    `- ${ENERGY_TITLES[ENERGIES[index]]}: the cheapest exact twin of a uniform ROUP needs more than ${SPACE_NOISE_PERCENT} % less in ${clear} of ${twins.length} pairs (${Math.min(...twins).toFixed(0)} to ${Math.max(...twins).toFixed(0)} %); front of MAE, energy and delay: ${front.length} of ${own.length} designs (${shares.join(', ')}); least energy of the narrow shapes: ${architectures(energyOf[ENERGIES[index]])}.`,
  );
}
const factor = (choose) => {
  const ratios = rows
    .filter(choose)
    .map((row) => energyOf['with-glitches'](row) / row.energyPj)
    .sort((x, y) => x - y);
  return ratios[Math.floor(ratios.length / 2)].toFixed(2);
};
const narrow = (architecture) => factor(({ spec }) => spec.architecture === architecture);
print(
  `- Energy with over without glitches, median: ROUP ${factor(({ spec }) => spec.family === 'roup')}, narrow Baugh-Wooley ${narrow('baugh-wooley')}, narrow a*b ${narrow('behavioural')}, narrow Booth ${narrow('booth')}.`,
);

function countBy(own) {
  const counts = new Map();
  for (const { rival } of own) counts.set(rival.design, (counts.get(rival.design) ?? 0) + 1);
  return [...counts].map(([design, count]) => `${count} ${design}`).join(', ');
}

function architectures(energy) {
  const best = new Map();
  for (const row of rows.filter(({ spec }) => spec.family === 'narrow')) {
    const shape = `${row.spec.aBits}×${row.spec.bBits}`;
    const before = best.get(shape);
    if (before === undefined || energy(row) < energy(before)) best.set(shape, row);
  }
  const counts = new Map();
  for (const { spec } of best.values()) counts.set(spec.architecture, (counts.get(spec.architecture) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
}
