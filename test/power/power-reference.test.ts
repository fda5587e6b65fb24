import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toPattern } from '../../src/base/bits.ts';
import { writeFileAtomic } from '../../src/base/files.ts';
import type { LibraryModel } from '../../src/liberty/model.ts';
import { readLiberty, readLibertyText } from '../../src/liberty/read-liberty.ts';
import { type GateNetlist, readNetlist } from '../../src/power/netlist.ts';
import { simulatePower } from '../../src/power/power.ts';
import { simulateActivity } from '../../src/power/simulate.ts';
import { makeStream, type OperandStream } from '../../src/power/stream.ts';
import { propagateTiming } from '../../src/power/timing.ts';
import { runTool } from '../../src/tools/run-tool.ts';
import { DATA_DIR, toolMissing } from '../tool-missing.ts';
import { internalByCause, internalByProbability, simulateSlowly } from './opensta-rule.ts';

const DATA = DATA_DIR ?? 'no-data';
const CASES = ['p2r4', 'asym', 'e8', 'p16_2_4'] as const;
const PORTS = { a: 'a', b: 'b', p: 'p' };
const CONDITIONS = { vectorPeriodNs: 1, inputTransitionNs: 0.02, outputLoadFf: 4 };
/** Internal power summed over the instances of a cell type, µW. */
interface CellTypeSum {
  instances: number;
  reference: number;
  rule: number;
  ruleWithWhen: number;
  causes: number;
  exact: number;
}

const missing = [
  ...(DATA_DIR === undefined ? ['MAXDNN_DATA is not set'] : []),
  ...(toolMissing('yosys') ? ['no yosys'] : []),
];

describe.skipIf(missing.length > 0)(
  `power against OpenSTA 3.1.0 ${missing.length > 0 ? ` (skipped: ${missing.join(', ')})` : ''}`,
  () => {
    let folder: string;
    let library: LibraryModel;
    const sums = new Map<string, CellTypeSum>();
    /** Relative differences of what is reported for each instance of all cases. */
    const differences = { total: [] as number[], leakage: [] as number[] };

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'maxdnn-power-'));
      const liberty = join(DATA, 'liberty', 'nangate45_typ.lib.gz');
      library = readLiberty(liberty);
      writeFileAtomic(join(folder, 'library.lib'), readLibertyText(liberty));
      const convert = CASES.flatMap((name) => [
        'design -reset',
        'read_liberty -lib library.lib',
        `read_verilog ${join(DATA, 'power', `${name}.netlist.v`)}`,
        `write_json ${name}.json`,
      ]).join('; ');
      await runTool({
        tool: 'yosys',
        program: 'yosys',
        args: ['-q', '-p', convert],
        cwd: folder,
        timeoutMs: 120_000,
      });
    });
    afterAll(() => {
      const file = process.env.MAXDNN_POWER_TABLE;
      if (file) writeFileAtomic(file, printTable(sums));
      rmSync(folder, { recursive: true, force: true });
    });

    it.each(CASES)('%s: totals within tolerance, each instance explained', (name) => {
      const netlist = readNetlist(join(folder, `${name}.json`), library);
      const stream = readStream(name, netlist);
      const reference = readReference(name);
      const report = simulatePower(netlist, library, stream, CONDITIONS, { ports: PORTS, products: true });

      expect(report.operandPairs).toBe(4000);
      expect(report.arrivalNs).toBeCloseTo(reference.arrivalNs, 4);
      expect(report.transitionsWithoutEnergy).toBe(0);
      expect(relative(report.totalUw, reference.totalUw.total)).toBeLessThan(0.03);
      expect(relative(report.internalUw, reference.totalUw.internal)).toBeLessThan(0.05);
      expect(relative(report.switchingUw, reference.totalUw.switching)).toBeLessThan(0.05);
      expect(relative(report.leakageUw, reference.totalUw.leakage)).toBeLessThan(0.01);

      // The reference's own weighting, with our loads, transitions and tables: 1/4000 apart (n pairs, n − 1 changes).
      const statistics = simulateSlowly(netlist, stream);
      const timing = propagateTiming(netlist, CONDITIONS.inputTransitionNs, CONDITIONS.outputLoadFf);
      const activity = simulateActivity(netlist, timing, stream, PORTS, false);
      let compared = 0;
      for (const [i, gate] of netlist.gates.entries()) {
        const [internalW, switchingW, leakageW, totalW] =
          reference.perInstanceW_internal_switching_leakage_total[gate.instance]!;
        const rule = internalByProbability(gate, statistics, timing, false);
        expect(relative(rule, internalW! * 1e6), gate.instance).toBeLessThan(4e-4);
        expect(relative(report.instances[i]!.switchingUw, switchingW! * 1e6), gate.instance).toBeLessThan(
          4e-4,
        );
        differences.total.push(relative(report.instances[i]!.totalUw, totalW! * 1e6));
        differences.leakage.push(relative(report.instances[i]!.leakageUw, leakageW! * 1e6));
        addTo(sums, gate.cell.name, {
          instances: 1,
          reference: internalW! * 1e6,
          rule,
          ruleWithWhen: internalByProbability(gate, statistics, timing, true),
          causes: internalByCause(gate, activity.gates[i]!, timing, report.operandPairs),
          exact: report.instances[i]!.internalUw,
        });
        compared++;
      }
      expect(compared).toBe(reference.instances);
    });

    it('what is reported per instance: half within 2 %, 95 % within 10 %, all within 25 %', () => {
      const total = differences.total.toSorted((x, y) => x - y);
      expect(total).toHaveLength(1113);
      expect(total[Math.floor(0.5 * 1112)]).toBeLessThan(0.02);
      expect(total[Math.floor(0.95 * 1112)]).toBeLessThan(0.1);
      expect(total[1112]).toBeLessThan(0.25);
      expect(Math.max(...differences.leakage)).toBeLessThan(0.15);
    });

    it('notices one gate of another type', () => {
      const netlist = readNetlist(join(folder, 'p2r4.json'), library);
      const index = netlist.gates.findIndex((gate) => gate.cell.name === 'XNOR2_X1');
      const other = { ...netlist.gates[index]!, cell: library.cells.get('XOR2_X1')! };
      const stream = readStream('p2r4', netlist);
      const options = { ports: PORTS, products: true };
      const right = simulatePower(netlist, library, stream, CONDITIONS, options);
      const changed = { ...netlist, gates: netlist.gates.with(index, other) };
      const wrong = simulatePower(changed, library, stream, CONDITIONS, options);
      expect(wrong.products).not.toEqual(right.products);
      expect(wrong.internalUw).not.toBe(right.internalUw);
    });

    it('simulates the products of the exact 8-bit multiplier', () => {
      const netlist = readNetlist(join(folder, 'e8.json'), library);
      const stream = readStream('e8', netlist);
      const { products } = simulatePower(netlist, library, stream, CONDITIONS, {
        ports: PORTS,
        products: true,
      });
      const want = readOperands('e8').map(([a, b]) => toPattern(a * b, 16));
      expect(Array.from(products!)).toEqual(want);
      expect(want).toHaveLength(4000);
    });
  },
);

interface Reference {
  readonly arrivalNs: number;
  readonly instances: number;
  readonly totalUw: {
    readonly internal: number;
    readonly switching: number;
    readonly leakage: number;
    readonly total: number;
  };
  readonly perInstanceW_internal_switching_leakage_total: Readonly<Record<string, readonly number[]>>;
}

function readReference(name: string): Reference {
  return JSON.parse(readFileSync(join(DATA, 'power', `${name}.reference.json`), 'utf8')) as Reference;
}

function readOperands(name: string): (readonly [number, number])[] {
  const lines = readFileSync(join(DATA, 'power', `${name}.operands.csv`), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  return lines.map((line) => line.split(',').map(Number) as [number, number]);
}

function readStream(name: string, netlist: GateNetlist): OperandStream {
  const operands = readOperands(name);
  const column = (port: 'a' | 'b', i: 0 | 1): Uint32Array =>
    Uint32Array.from(operands, (pair) => toPattern(pair[i], netlist.ports.get(port)!.nets.length));
  return makeStream(name, column('a', 0), column('b', 1));
}

function relative(got: number, want: number): number {
  return Math.abs(got - want) / Math.abs(want);
}

function addTo(sums: Map<string, CellTypeSum>, cell: string, more: CellTypeSum): void {
  const sum = sums.get(cell) ?? { instances: 0, reference: 0, rule: 0, ruleWithWhen: 0, causes: 0, exact: 0 };
  for (const key of Object.keys(sum) as (keyof CellTypeSum)[]) sum[key] += more[key];
  sums.set(cell, sum);
}

function printTable(sums: ReadonlyMap<string, CellTypeSum>): string {
  const change = (from: number, to: number): string =>
    `${to >= from ? '+' : '−'}${Math.abs((to / from - 1) * 100).toFixed(2)}`;
  const total = [...sums.values()].reduce((sum, { exact }) => sum + exact, 0);
  const rows = [...sums].sort(([, x], [, y]) => y.reference - x.reference);
  return [
    '| cell | instances | share % | its rule here % | with `when` % | real causes % | real edges too % |',
    '|---|---|---|---|---|---|---|',
    ...rows.map(([cell, { instances, reference, rule, ruleWithWhen, causes, exact }]) => {
      const columns = [rule, ruleWithWhen, causes, exact].map((value) => change(reference, value));
      return `| ${[cell, instances, ((100 * exact) / total).toFixed(1), ...columns].join(' | ')} |`;
    }),
    '',
  ].join('\n');
}
