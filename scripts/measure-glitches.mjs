// Glitches of the catalogue: maps every design for 1 ns and prices uniform operands at zero delay and with glitches.
//   node scripts/measure-glitches.mjs FOLDER [LIBERTY [PAIRS]]
// FOLDER keeps the netlists for the next call. Build first (scripts/build); needs yosys and abc.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { shippedFile } from '../dist/base/package-root.js';
import { CATALOGUE } from '../dist/multiplier/catalogue.js';
import { simulateGlitchPower } from '../dist/power/glitch-power.js';
import { readNetlist } from '../dist/power/netlist.js';
import { uniformStream } from '../dist/power/stream.js';
import { generateRtl } from '../dist/rtl/generate.js';
import { prepareLibrary } from '../dist/synth/library-files.js';
import { synthesise } from '../dist/synth/synthesise.js';

const [folder, liberty, pairs = '8192'] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: node scripts/measure-glitches.mjs FOLDER [LIBERTY [PAIRS]]\n');
  process.exit(2);
}
const CONDITIONS = { vectorPeriodNs: 1, inputTransitionNs: 0.02, outputLoadFf: 4 };
const library = await prepareLibrary({
  path: liberty ?? shippedFile('synth', 'maxdnn45_typ.lib'),
  origin: liberty === undefined ? 'embedded' : 'user',
  cacheFolder: join(folder, 'library'),
});
const rows = [];
for (const { spec } of CATALOGUE) {
  const { design, verilog } = generateRtl(spec);
  const runFolder = join(folder, design);
  const netlistPath = join(runFolder, 'netlist.json');
  if (!existsSync(netlistPath)) {
    await synthesise({ moduleName: design, rtlText: verilog, library, clockNs: 1, conditions: CONDITIONS, runFolder });
  }
  const netlist = readNetlist(netlistPath, library.model);
  const stream = uniformStream(spec, Number(pairs), 1);
  const [ramp, inertial] = ['ramp', 'inertial'].map((pulses) =>
    simulateGlitchPower(netlist, library.model, stream, CONDITIONS, { pulses }),
  );
  rows.push({ design, isExact: ['booth', 'baugh-wooley', 'behavioural'].includes(spec.family), ramp, inertial });
  process.stderr.write(`${design}: ${ramp.productsCompared} products equal\n`);
}
const femtojoules = (pj) => (pj * 1000).toFixed(0);
const best = (figure) => Math.min(...rows.filter(({ isExact }) => isExact).map(figure));
const zeroDelay = ({ ramp }) => ramp.zeroDelayPj;
const withGlitches = ({ ramp }) => ramp.energyPj;
const allInertial = ({ inertial }) => inertial.energyPj;
const saving = (row, figure) => `${(100 * (1 - figure(row) / best(figure))).toFixed(1)} %`;
const lines = rows.map((row) => {
  const { design, ramp, inertial } = row;
  return [
    design,
    ramp.instances.length,
    femtojoules(ramp.zeroDelayPj),
    femtojoules(ramp.energyPj),
    femtojoules(inertial.energyPj),
    `${(100 * (ramp.glitchPj / ramp.energyPj)).toFixed(0)} %`,
    ramp.glitchFactor.toFixed(2),
    saving(row, zeroDelay),
    saving(row, withGlitches),
    saving(row, allInertial),
  ];
});
const header = [
  'design', 'cells', 'zero delay fJ', 'with glitches fJ', 'inertial fJ', 'glitch share', 'transitions ×',
  'saving, zero delay', 'saving, glitches', 'saving, inertial',
];
const print = (cells) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
print(header);
print(header.map(() => '---'));
for (const line of lines) print(line);
