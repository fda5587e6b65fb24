// One multiplier from its spec to its errors, its Verilog and what it does to a network's accuracy.
// Run it with: node examples/evaluate-multiplier.mjs [IMAGES]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  designName,
  EMBEDDED_NETWORK_PATH,
  errorMetrics,
  evaluateNetwork,
  generateRtl,
  generateSyntheticImages,
  operandProduct,
  parseSpec,
  quantiseNetwork,
  readFloatNetwork,
} from 'maxdnn';

// 1. The spec, and what it computes: radix-4 Booth, lowest digit left out, other rows rounded by 2^3, 2^1, 2^0.
const spec = parseSpec({ family: 'roup', bits: 8, P: 1, r: [3, 1, 0] }, 'the example');
const design = designName(spec);
console.log(`${design}: 57 x -93 = ${operandProduct(spec, 57, -93)} (exact ${57 * -93})`);

// 2. Its errors over all 65 536 operand pairs.
const { maePercent, wcePercent, mrePercent } = errorMetrics(spec);
console.log(`MAE ${maePercent.toFixed(4)} %  WCE ${wcePercent.toFixed(3)} %  MRE ${mrePercent.toFixed(2)} %`);

// 3. Its Verilog.
const folder = mkdtempSync(join(tmpdir(), 'maxdnn-example-'));
const { verilog } = generateRtl(spec);
writeFileSync(join(folder, `${design}.v`), verilog);
console.log(verilog.split('\n').find((line) => line.startsWith('module')));

// 4. An int8 network: scales from calibration images, never from those that the accuracy is measured on.
const floatNetwork = readFloatNetwork(EMBEDDED_NETWORK_PATH);
const calibration = generateSyntheticImages({ split: 'calibration', count: 128 });
const network = quantiseNetwork(floatNetwork, calibration);

// 5. Its accuracy with this multiplier everywhere, against exact int8 on the same images.
const images = Number(process.argv[2] ?? 500);
const { exact, rows } = await evaluateNetwork({
  network,
  dataset: generateSyntheticImages({ split: 'test', count: images }),
  designs: [{ design, spec }],
  roundedOperand: 'activations',
  outPath: join(folder, 'evaluation.json'),
});
const percent = ({ accuracy, interval95: { low, high } }) =>
  `${(100 * accuracy).toFixed(2)} % (95 % interval ${(100 * low).toFixed(2)} to ${(100 * high).toFixed(2)})`;
const [row] = rows;
console.log(`exact int8: ${percent(exact)}`);
console.log(`${design}: ${percent(row)}`);
const change = `${row.changePoints.toFixed(2)} +- ${row.changeHalfWidth95Points.toFixed(2)} points`;
const verdict = row.pValue < 0.05 ? 'a real change' : 'not distinguishable from 0 on these images';
console.log(`change: ${change}, McNemar p = ${row.pValue.toFixed(3)}: ${verdict}`);
rmSync(folder, { recursive: true });
