import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFileAtomic } from '../../src/base/files.ts';
import { parseSpec } from '../../src/multiplier/parse-spec.ts';
import { simulateGlitchPower } from '../../src/power/glitch-power.ts';
import { uniformStream } from '../../src/power/stream.ts';
import { simulate } from '../../src/tools/ngspice.ts';
import { toolMissing } from '../tool-missing.ts';
import { mapDesign } from './map-design.ts';
import { INPUT_TRANSITION_NS, netlistDeck, PERIOD_NS, readTransistors } from './transistor-deck.ts';

const PAIRS = 30;
const SMALL = [
  { family: 'narrow', bits: 8, aBits: 4, bBits: 4, architecture: 'baugh-wooley' },
  { family: 'roup', bits: 8, P: 2, r: [4, 4] },
];
/** Minutes each. */
const LARGE = [
  { family: 'roup', bits: 8, P: 1, r: [3, 1, 0] },
  { family: 'baugh-wooley', aBits: 8, bBits: 8, aSigned: true, bSigned: true },
  { family: 'booth', aBits: 8, bBits: 8, aSigned: true, bSigned: true },
];
/** File for the table of docs/power.md; with it the large designs are simulated too. */
const TABLE_FILE = process.env.MAXDNN_TRANSISTOR_TABLE;

const missing = ['ngspice', 'yosys'].filter(toolMissing);
const skipped =
  process.env.MAXDNN_FULL !== '1'
    ? ' [npm run test:full]'
    : missing.length > 0
      ? ` [skipped: no ${missing.join(', ')}]`
      : '';

describe.skipIf(skipped !== '')(`energy against transistors in ngspice${skipped}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'maxdnn-transistors-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const table = [
    '| netlist | cells | transistors in ngspice fJ | zero delay | with glitches | inertial | crossings | with glitches | inertial |',
    '|---|---|---|---|---|---|---|---|---|',
  ];

  it.each(TABLE_FILE ? [...SMALL, ...LARGE] : SMALL)(
    '$family: within 12 percent with glitches, far off without',
    async (design) => {
      const spec = parseSpec(design, 'spec');
      const { netlist, library } = await mapDesign(spec, folder);
      const stream = uniformStream(spec, PAIRS, 7);
      const deck = netlistDeck(netlist, stream, 4);
      const transistors = readTransistors(
        netlist,
        await simulate(deck, folder, netlist.name, 3_000_000),
        PAIRS,
      );
      const conditions = {
        vectorPeriodNs: PERIOD_NS,
        inputTransitionNs: INPUT_TRANSITION_NS,
        outputLoadFf: 4,
      };
      const report = simulateGlitchPower(netlist, library, stream, conditions);
      const inertial = simulateGlitchPower(netlist, library, stream, conditions, { pulses: 'inertial' });
      const percent = (ours: number, theirs: number): string => `${(100 * (ours / theirs - 1)).toFixed(1)} %`;
      const energies = [report.zeroDelayPj, report.energyPj, inertial.energyPj].map((pj) =>
        percent(pj * 1000, transistors.energyFj),
      );
      const crossings = [report, inertial].map(({ transitionsTotal }) =>
        percent(transitionsTotal, transistors.crossings),
      );
      const cells = [netlist.name, netlist.gates.length, transistors.energyFj.toFixed(1), ...energies];
      table.push(`| ${[...cells, transistors.crossings, ...crossings].join(' | ')} |`);
      if (TABLE_FILE) writeFileAtomic(TABLE_FILE, `${table.join('\n')}\n`);
      expect(transistors.products).toEqual(Array.from(report.zeroDelay.products!.subarray(1)));
      expect(transistors.products).toHaveLength(PAIRS - 1);
      const energyFj = report.energyPj * 1000;
      expect(Math.abs(energyFj / transistors.energyFj - 1)).toBeLessThan(0.12);
      expect(report.zeroDelayPj * 1000).toBeLessThan(0.8 * transistors.energyFj);
      expect(Math.abs(report.transitionsTotal / transistors.crossings - 1)).toBeLessThan(0.15);
    },
    3_600_000,
  );
});
