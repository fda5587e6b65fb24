// How far the mean energies of recorded operands scatter from seed to seed: the standard error of one recording.
//   node scripts/measure-streams.mjs WORK TRAINING-IMAGES [LIBERTY [SEEDS [PAIRS [IMAGES]]]]
// WORK has network/quantised.json and the netlists of "maxdnn table" at 1 ns for mul_booth_s8 and
// mul_baugh_wooley_s8. Build first (scripts/build).
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { shippedFile } from '../dist/base/package-root.js';
import { readDataset } from '../dist/dnn/data/read-dataset.js';
import { readQuantisedNetwork } from '../dist/dnn/quantised-network-file.js';
import { OPERAND_ORDERS, recordOperands } from '../dist/dnn/record-operands.js';
import { readLiberty } from '../dist/liberty/read-liberty.js';
import { layerSource, OPERAND_ROLES } from '../dist/power/layer-stream.js';
import { readNetlist } from '../dist/power/netlist.js';
import { simulatePower } from '../dist/power/power.js';

const [work, images, liberty, seeds = '12', pairs, count] = process.argv.slice(2);
if (images === undefined) {
  process.stderr.write('usage: node scripts/measure-streams.mjs WORK TRAINING-IMAGES [LIBERTY [SEEDS [PAIRS [IMAGES]]]]\n');
  process.exit(2);
}
const CONDITIONS = { vectorPeriodNs: 1, inputTransitionNs: 0.02, outputLoadFf: 4 };
const library = readLiberty(liberty ?? shippedFile('synth', 'maxdnn45_typ.lib'));
const network = readQuantisedNetwork(join(work, 'network', 'quantised.json'));
const dataset = readDataset(images);
const designs = ['booth', 'baugh-wooley'].map((family) => {
  const design = `mul_${family.replace('-', '_')}_s8`;
  const path = join(work, 'table', 'designs', design, '1ns', 'netlist.json');
  if (!existsSync(path)) throw new Error(`${path} is missing: run maxdnn table with ${design}`);
  const spec = { family, aBits: 8, bBits: 8, aSigned: true, bSigned: true };
  return { design, spec, netlist: readNetlist(path, library) };
});
const options = { ...(pairs && { pairs: Number(pairs) }), ...(count && { images: Number(count) }) };

/** Energies by what they are of, one per seed. */
const energies = new Map();
const add = (key, energyFj) => energies.set(key, [...(energies.get(key) ?? []), energyFj]);
for (let seed = 1; seed <= Number(seeds); seed++) {
  const { layers } = recordOperands(network, dataset, { ...options, seed });
  for (const kind of OPERAND_ORDERS) {
    for (const role of OPERAND_ROLES) {
      for (const { design, spec, netlist } of designs) {
        let [sum, multiplications] = [0, 0];
        for (const { layer, multiplicationsPerImage, pairs: recorded } of layers) {
          const stream = layerSource({ kind, layer, ...recorded[kind] }, role).streamFor(spec);
          const energyFj = 1000 * simulatePower(netlist, library, stream, CONDITIONS).energyPj;
          add(`${kind} ${role} ${design} ${layer}`, energyFj);
          sum += energyFj * multiplicationsPerImage;
          multiplications += multiplicationsPerImage;
        }
        add(`${kind} ${role} ${design} network`, sum / multiplications);
      }
      const [booth, other] = designs.map(({ design }) => energies.get(`${kind} ${role} ${design} network`).at(-1));
      add(`${kind} ${role} Booth / Baugh-Wooley, thousandths network`, (1000 * booth) / other);
    }
  }
}
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const spread = (values) =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1)) / mean(values);
process.stdout.write(`${'energy per multiplication'.padEnd(60)}      fJ  standard deviation over ${seeds} seeds\n`);
for (const [key, values] of energies) {
  process.stdout.write(
    `${key.padEnd(60)}${mean(values).toFixed(1).padStart(8)}  ${(100 * spread(values)).toFixed(2)} %\n`,
  );
}
for (const kind of OPERAND_ORDERS) {
  const own = [...energies].filter(([key]) => key.startsWith(kind) && !key.endsWith(' network'));
  const spreads = own.map(([, values]) => spread(values));
  process.stdout.write(
    `${kind}, single layers: root mean square ${(100 * Math.sqrt(mean(spreads.map((x) => x * x)))).toFixed(2)} %, largest ${(100 * Math.max(...spreads)).toFixed(2)} %\n`,
  );
}
