// Prices the same mapped multipliers with two libraries: node scripts/compare-power.mjs OTHER.lib[.gz] NETLIST.v...
// The netlists (ports a, b, p; 8 bit) may use only cells that both libraries have; 4000 seeded uniform operand pairs,
// one per ns, 20 ps input transitions, 4 fF on outputs. Build first (scripts/build); needs yosys.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { shippedFile } from '../dist/base/package-root.js';
import { createRng } from '../dist/base/rng.js';
import { readLiberty, readLibertyText } from '../dist/liberty/read-liberty.js';
import { readNetlist } from '../dist/power/netlist.js';
import { simulatePower } from '../dist/power/power.js';
import { makeStream } from '../dist/power/stream.js';
import { runTool } from '../dist/tools/run-tool.js';

const [otherPath, ...netlists] = process.argv.slice(2);
if (netlists.length === 0) {
  process.stderr.write('usage: node scripts/compare-power.mjs OTHER.lib[.gz] NETLIST.v...\n');
  process.exit(2);
}
const CONDITIONS = { vectorPeriodNs: 1, inputTransitionNs: 0.02, outputLoadFf: 4 };
const rng = createRng(1);
const column = () => Uint32Array.from({ length: 4000 }, () => rng.nextInt(0, 255));
const stream = makeStream('uniform', column(), column());
const oursPath = process.env.OURS ?? shippedFile('synth', 'maxdnn45_typ.lib');
const libraries = [oursPath, otherPath].map(readLiberty);
const folder = mkdtempSync(join(tmpdir(), 'compare-power-'));
try {
  writeFileSync(join(folder, 'cells.lib'), readLibertyText(oursPath));
  process.stdout.write('netlist                 ours  internal switching leakage total uW, arrival ns   ours / other\n');
  for (const path of netlists) {
    const script = `read_liberty -lib cells.lib; read_verilog ${resolve(path)}; write_json netlist.json`;
    await runTool({ tool: 'yosys', program: 'yosys', args: ['-q', '-p', script], cwd: folder, timeoutMs: 60_000 });
    const [ours, other] = libraries.map((library) =>
      simulatePower(readNetlist(join(folder, 'netlist.json'), library), library, stream, CONDITIONS, {
        ports: { a: 'a', b: 'b', p: 'p' },
      }),
    );
    const keys = ['internalUw', 'switchingUw', 'leakageUw', 'totalUw', 'arrivalNs'];
    const mine = keys.map((k) => ours[k].toFixed(k === 'arrivalNs' ? 3 : 1).padStart(8)).join('');
    const ratios = keys.map((k) => (ours[k] / other[k]).toFixed(3)).join('  ');
    process.stdout.write(`${basename(path).padEnd(20)}${mine}    ${ratios}\n`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
