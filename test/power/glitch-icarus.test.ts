import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFileAtomic } from '../../src/base/files.ts';
import type { LibraryModel } from '../../src/liberty/model.ts';
import { readLiberty, readLibertyText } from '../../src/liberty/read-liberty.ts';
import { parseSpec } from '../../src/multiplier/parse-spec.ts';
import { listPathDelays, mergePaths, type PathDelay } from '../../src/power/glitch-delays.ts';
import { simulateGlitches } from '../../src/power/glitch-simulate.ts';
import { tabulateNetlist } from '../../src/power/glitch-tables.ts';
import { type Gate, type GateNetlist, readNetlist } from '../../src/power/netlist.ts';
import { writeSdf } from '../../src/power/sdf.ts';
import { uniformStream } from '../../src/power/stream.ts';
import { type NetTiming, propagateTiming } from '../../src/power/timing.ts';
import { runYosys, yosysWord } from '../../src/tools/yosys.ts';
import { DATA_DIR, toolMissing } from '../tool-missing.ts';
import { type IcarusDelays, runIcarus } from './icarus-model.ts';
import { countByIcarusRule } from './icarus-rule.ts';
import { mapDesign } from './map-design.ts';

const PAIRS = 1001;
const BOOTH = parseSpec({ family: 'booth', aBits: 8, bBits: 8, aSigned: true, bSigned: true }, 'spec');
const ROUP = parseSpec({ family: 'roup', bits: 8, P: 1, r: [3, 1, 0] }, 'spec');
/** Uniform operands of eight bits; both designs get the same. */
const STREAM = uniformStream(BOOTH, PAIRS, 11);

const missing = ['iverilog', 'vvp', 'yosys'].filter(toolMissing);
const SKIPPED = missing.length > 0 ? ` [skipped: no ${missing.join(', ')}]` : '';

interface Comparison {
  readonly nets: number;
  readonly own: number;
  readonly icarus: number;
  /** Sum over the nets of |own − Icarus|. */
  readonly differences: number;
  /** The same with Icarus's rule for module paths, written again in icarus-rule.ts; of "specify" only. */
  readonly differencesOfRule: number | undefined;
}

describe.skipIf(missing.length > 0)(`transitions against Icarus${SKIPPED}`, () => {
  let folder: string;
  const netlists = new Map<string, GateNetlist>();
  const table = [
    '| netlist | delays | nets | transitions | Icarus | difference | per net | its rule here |\n|---|---|---|---|---|---|---|---|\n',
  ];
  const addRow = (name: string, kind: string, comparison: Comparison): void => {
    const { nets, own, icarus, differences, differencesOfRule } = comparison;
    const percent = (part: number): string => `${((100 * part) / icarus).toFixed(2)} %`;
    const cells = [
      name,
      kind,
      nets,
      own,
      icarus,
      percent(own - icarus),
      percent(differences),
      differencesOfRule === undefined ? '' : percent(differencesOfRule),
    ];
    table.push(`| ${cells.join(' | ')} |\n`);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'maxdnn-glitch-'));
    const mapped = await Promise.all([mapDesign(BOOTH, folder), mapDesign(ROUP, folder)]);
    netlists.set('Booth', mapped[0].netlist).set('ROUP', mapped[1].netlist);
  });
  afterAll(() => {
    const file = process.env.MAXDNN_GLITCH_TABLE;
    if (file) writeFileAtomic(file, table.join(''));
    rmSync(folder, { recursive: true, force: true });
  });

  const compare = async (name: string, kind: IcarusDelays['kind']): Promise<Comparison> => {
    const cwd = join(folder, `${name}-${kind}`);
    mkdirSync(cwd, { recursive: true });
    const comparison = await compareWithIcarus(netlists.get(name)!, kind, cwd);
    addRow(name, kind, comparison);
    return comparison;
  };

  it.each(['Booth', 'ROUP'])('%s, path delays with conditions: within 2 percent', async (name) => {
    const { nets, own, icarus, differences, differencesOfRule } = await compare(name, 'specify');
    expect(nets).toBe(netlists.get(name)!.gates.length);
    expect(icarus).toBeGreaterThan(150 * PAIRS);
    expect(Math.abs(own / icarus - 1)).toBeLessThan(0.01);
    expect(differences / icarus).toBeLessThan(0.02);
    // All of the difference is Icarus's rule for module paths.
    expect(differences).toBeGreaterThan(0);
    expect(differencesOfRule).toBe(0);
  });

  it.each(['Booth', 'ROUP'])('%s, one delay per output: every net equal', async (name) => {
    const { nets, own, differences } = await compare(name, 'assign');
    expect(nets).toBe(netlists.get(name)!.gates.length);
    expect(own).toBeGreaterThan(150 * PAIRS);
    expect(differences).toBe(0);
  });

  it.each(['Booth', 'ROUP'])('%s, delays read from SDF: within 2 percent', async (name) => {
    const { icarus, own } = await compare(name, 'sdf');
    expect(icarus).toBeGreaterThan(150 * PAIRS);
    expect(Math.abs(own / icarus - 1)).toBeLessThan(0.02);
  });

  it('sabotage: delays 10 % longer in one gate of four are noticed', async () => {
    const netlist = netlists.get('ROUP')!;
    const timing = timingOf(netlist);
    const longer = (gate: Gate): readonly PathDelay[] =>
      perOutput(gate, timing).map((path) => (netlist.gates.indexOf(gate) % 4 > 0 ? path : scale(path, 1.1)));
    const cwd = join(folder, 'sabotage');
    mkdirSync(cwd, { recursive: true });
    const { differences } = await compareWithIcarus(netlist, 'assign', cwd, longer);
    expect(differences).toBeGreaterThan(100);
  });

  describe.skipIf(DATA_DIR === undefined)(
    `Nangate45${DATA_DIR ? '' : ' [skipped: MAXDNN_DATA is not set]'}`,
    () => {
      it.each(['e8', 'asym'])('%s: within 2 percent', async (name) => {
        const liberty = join(DATA_DIR!, 'liberty', 'nangate45_typ.lib.gz');
        const cwd = join(folder, name);
        writeFileAtomic(join(cwd, 'library.lib'), readLibertyText(liberty));
        const commands = [
          'read_liberty -lib library.lib',
          `read_verilog ${yosysWord(join(DATA_DIR!, 'power', `${name}.netlist.v`))}`,
          `json -o netlist.json ${name}`,
        ];
        await runYosys({ commands, cwd, name: 'convert', timeoutMs: 60_000 });
        const library: LibraryModel = readLiberty(liberty);
        const netlist = readNetlist(join(cwd, 'netlist.json'), library);
        const ports = { a: 'a', b: 'b', p: 'p' };
        const comparison = await compareWithIcarus(netlist, 'specify', cwd, undefined, ports);
        addRow(name, 'specify', comparison);
        const { icarus, own, differencesOfRule } = comparison;
        expect(differencesOfRule! / icarus).toBeLessThan(0.006);
        expect(icarus).toBeGreaterThan(150 * PAIRS);
        expect(Math.abs(own / icarus - 1)).toBeLessThan(0.02);
      });
    },
  );
});

function timingOf(netlist: GateNetlist): NetTiming {
  return propagateTiming(netlist, 0.02, 4);
}

/** @param icarusPaths other delays for Icarus than for the engine */
async function compareWithIcarus(
  mapped: GateNetlist,
  kind: IcarusDelays['kind'],
  folder: string,
  icarusPaths?: (gate: Gate) => readonly PathDelay[],
  ports = { a: 'a_i', b: 'b_i', p: 'p_o' },
): Promise<Comparison> {
  // Icarus 11 cannot find instances in SDF whose names have dots and backslashes.
  const gates = mapped.gates.map((gate, i) => ({ ...gate, instance: `u${i}` }));
  const netlist = icarusPaths === undefined ? { ...mapped, gates } : mapped;
  const timing = timingOf(netlist);
  const pathsOf = {
    specify: (gate: Gate) => listPathDelays(gate, timing),
    assign: (gate: Gate) => perOutput(gate, timing),
    sdf: (gate: Gate) => mergePaths(listPathDelays(gate, timing)),
  }[kind];
  const tables = tabulateNetlist(netlist, timing, 0, pathsOf);
  const own = simulateGlitches(netlist, tables, STREAM, ports, 3e6);
  const delays: IcarusDelays =
    kind === 'sdf'
      ? { kind, text: writeSdf(netlist, timing, { conditional: false }) }
      : { kind, pathsOf: icarusPaths ?? pathsOf };
  const icarus = await runIcarus({ netlist, stream: STREAM, ports, periodPs: 3000, folder, delays });
  expect(icarus.messages).toMatch(kind === 'sdf' ? /^(SDF INFO.*\s*)*$/ : /^$/);
  expect(icarus.products).toEqual(own.products);
  expect(own.products).toHaveLength(PAIRS);
  const ownCounts = Array.from(own.transitions);
  const icarusCounts = Array.from(tables.driverNet, (net) => icarus.transitions[net]!);
  const ruleCounts =
    kind === 'specify' ? Array.from(countByIcarusRule(netlist, tables, STREAM, ports)) : undefined;
  const differencesTo = (counts: readonly number[]): number =>
    sum(counts.map((count, i) => Math.abs(count - icarusCounts[i]!)));
  return {
    nets: ownCounts.length,
    own: sum(ownCounts),
    icarus: sum(icarusCounts),
    differences: differencesTo(ownCounts),
    differencesOfRule: ruleCounts && differencesTo(ruleCounts),
  };
}

/** The same rise and fall delay from every input: what the delay of a continuous assignment can say. */
function perOutput(gate: Gate, timing: NetTiming): readonly PathDelay[] {
  const paths = mergePaths(listPathDelays(gate, timing));
  return paths.map(({ input, output }) => {
    const own = paths.filter((path) => path.output === output);
    const rise = Math.max(...own.map(({ riseToRise, fallToRise }) => riseToRise ?? fallToRise ?? 0));
    const fall = Math.max(...own.map(({ riseToFall, fallToFall }) => riseToFall ?? fallToFall ?? 0));
    return { input, output, riseToRise: rise, fallToRise: rise, riseToFall: fall, fallToFall: fall };
  });
}

function scale({ input, output, ...edges }: PathDelay, factor: number): PathDelay {
  const scaled = Object.entries(edges).map(([edge, delay]) => [edge, Math.round(Number(delay) * factor)]);
  return { input, output, ...Object.fromEntries(scaled) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
