// Speed of the power engine in operand pairs (cycles) per CPU second: MAXDNN_DATA=FOLDER node scripts/bench-power.mjs
// The netlists are the reference cases of the data folder; build first (scripts/build); needs yosys.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toPattern } from '../dist/base/bits.js';
import { writeFileAtomic } from '../dist/base/files.js';
import { readLiberty, readLibertyText } from '../dist/liberty/read-liberty.js';
import { readNetlist } from '../dist/power/netlist.js';
import { simulatePower } from '../dist/power/power.js';
import { makeStream } from '../dist/power/stream.js';
import { runTool } from '../dist/tools/run-tool.js';

const CASES = ['e8', 'asym', 'p2r4'];
const PAIRS = 200_000;
const FEW_PAIRS = 8192;
const REPETITIONS = 8;
const CONDITIONS = { vectorPeriodNs: 1, inputTransitionNs: 0.02, outputLoadFf: 4 };
const data = process.env.MAXDNN_DATA;
if (data === undefined) {
  console.log('Power engine: skipped, MAXDNN_DATA is not set (folder with power/ and liberty/nangate45_typ.lib.gz).');
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), 'bench-power-'));
try {
  const liberty = join(data, 'liberty', 'nangate45_typ.lib.gz');
  const library = readLiberty(liberty);
  writeFileAtomic(join(folder, 'library.lib'), readLibertyText(liberty));
  const commands = CASES.flatMap((name) => [
    'design -reset',
    'read_liberty -lib library.lib',
    `read_verilog ${join(data, 'power', `${name}.netlist.v`)}`,
    `write_json ${name}.json`,
  ]);
  const args = ['-q', '-p', commands.join('; ')];
  await runTool({ tool: 'yosys', program: 'yosys', args, cwd: folder, timeoutMs: 120_000 });
  process.stdout.write('netlist  cells  M pairs/CPU s: first 8192, 8192 again, 200000; median (least … greatest) of 8\n');
  for (const name of CASES) {
    const netlist = readNetlist(join(folder, `${name}.json`), library);
    const few = streamOf(name, netlist, FEW_PAIRS);
    const many = streamOf(name, netlist, PAIRS);
    const speed = (stream) => {
      const before = process.cpuUsage();
      simulatePower(netlist, library, stream, CONDITIONS, { ports: { a: 'a', b: 'b', p: 'p' } });
      const { user, system } = process.cpuUsage(before);
      return stream.a.length / (user + system);
    };
    const spread = (stream) => {
      const rates = Array.from({ length: REPETITIONS }, () => speed(stream)).sort((x, y) => x - y);
      const median = (rates[REPETITIONS / 2 - 1] + rates[REPETITIONS / 2]) / 2;
      return `${median.toFixed(2)} (${rates[0].toFixed(2)} … ${rates.at(-1).toFixed(2)})`;
    };
    const first = speed(few);
    const figures = [first.toFixed(2), spread(few), spread(many)];
    process.stdout.write(`${name.padEnd(8)} ${String(netlist.gates.length).padStart(5)}  ${figures.join(', ')}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The operands of a case, over and over. */
function streamOf(name, netlist, pairs) {
  const rows = readFileSync(join(data, 'power', `${name}.operands.csv`), 'utf8').trim().split('\n').slice(1);
  const operands = rows.map((row) => row.split(',').map(Number));
  const column = (port, i) =>
    Uint32Array.from({ length: pairs }, (_, t) => {
      return toPattern(operands[t % operands.length][i], netlist.ports.get(port).nets.length);
    });
  return makeStream(name, column('a', 0), column('b', 1));
}
