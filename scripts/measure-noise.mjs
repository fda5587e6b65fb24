// How much of a design's energy is chance of synthesis: designs spread over the 8-bit space are mapped again with the
// statements of their circuits in other orders, which changes nothing but how abc happens to go.
//   node scripts/measure-noise.mjs [DESIGNS [ORDERS]]        default 24 designs, 6 orders; 1 ns, embedded library
// Build first (scripts/build); needs yosys and abc.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMBEDDED_LIBRARY_PATH } from '../dist/index.js';
import { baselineSpace, narrowSpace, roupSpace } from '../dist/multiplier/space.js';
import { generateRtl } from '../dist/rtl/generate.js';
import { prepareLibrary } from '../dist/synth/library-files.js';
import { DEFAULT_CONDITIONS } from '../dist/synth/price.js';
import { synthesise } from '../dist/synth/synthesise.js';

const designs = Number(process.argv[2] ?? 24);
const orders = Number(process.argv[3] ?? 6);
const spread = (list, count) =>
  Array.from({ length: count }, (_, i) => list[Math.floor(((i + 0.5) * list.length) / count)]);
const specs = [
  ...baselineSpace(8),
  ...spread(narrowSpace(8, 4), Math.floor((designs - 3) / 3)),
  ...spread(roupSpace({ bits: 8, order: 'non-increasing' }), designs - 3 - Math.floor((designs - 3) / 3)),
];

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-noise-'));
const library = await prepareLibrary({
  path: EMBEDDED_LIBRARY_PATH,
  origin: 'embedded',
  cacheFolder: join(folder, 'library'),
});
const deviations = [];
const ranges = [];
let next = 0;
const lane = async () => {
  while (next < specs.length) {
    const { design, verilog } = generateRtl(specs[next++]);
    const energies = [];
    for (let order = 0; order < orders; order++) {
      const runFolder = join(folder, design, String(order));
      const { recipe, candidates } = await synthesise({
        moduleName: design,
        rtlText: verilog,
        library,
        clockNs: DEFAULT_CONDITIONS.clockTargetsNs[0],
        conditions: DEFAULT_CONDITIONS,
        runFolder,
        ...(order === 0 ? {} : { shuffleSeed: order }),
      });
      const { energyPj } = candidates.find((candidate) => candidate.recipe === recipe);
      if (energyPj !== undefined) energies.push(energyPj);
      rmSync(runFolder, { recursive: true });
    }
    const mean = energies.reduce((sum, value) => sum + value, 0) / energies.length;
    const percent = energies.map((value) => (100 * value) / mean - 100);
    deviations.push(...percent.map((value) => value ** 2 / (energies.length - 1)));
    ranges.push(Math.max(...percent) - Math.min(...percent));
    console.log(
      `${design.padEnd(30)} ${energies.length} orders  mean ${mean.toFixed(4)} pJ  ${percent.map((value) => `${value >= 0 ? '+' : ''}${value.toFixed(1)}`).join(' ')} %`,
    );
  }
};
await Promise.all([lane(), lane()]);
rmSync(folder, { recursive: true });
const sigma = Math.sqrt(deviations.reduce((sum, value) => sum + value, 0) / specs.length);
console.log(
  `${specs.length} designs: standard deviation of one energy ${sigma.toFixed(2)} %, of the ratio of two ${(sigma * Math.SQRT2).toFixed(2)} %; largest range of one design ${Math.max(...ranges).toFixed(1)} %`,
);
