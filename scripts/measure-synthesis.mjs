// What the synthesis flow makes of multipliers, as Markdown: node scripts/measure-synthesis.mjs WHAT [--liberty FILE]
//   sweep    area, delay and energy over clock targets, exact and approximate designs; what each recipe contributes
//   chance   how much area and energy change when the circuit is written in another order (6 seeds)
//   glitches what choosing by energy with glitches would have gained
//   speed    CPU time of each step
// Energies are zero-delay on 8192 uniform pairs (seed 1), one per clock period; build first (scripts/build).
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { shippedFile } from '../dist/base/package-root.js';
import { parseSpec } from '../dist/multiplier/parse-spec.js';
import { simulateGlitchPower } from '../dist/power/glitch-power.js';
import { readNetlist } from '../dist/power/netlist.js';
import { simulatePower } from '../dist/power/power.js';
import { uniformSource, uniformStream } from '../dist/power/stream.js';
import { generateRtl } from '../dist/rtl/generate.js';
import { prepareLibrary } from '../dist/synth/library-files.js';
import { DEFAULT_CONDITIONS, priceDesign } from '../dist/synth/price.js';
import { RECIPES, synthesise } from '../dist/synth/synthesise.js';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { liberty: { type: 'string' } } });
const MEASUREMENTS = { sweep, chance, glitches, speed };
const measurement = MEASUREMENTS[positionals[0]];
if (measurement === undefined) throw new Error(`give one of ${Object.keys(MEASUREMENTS).join(', ')}`);

const exact = (family) => ({ family, aBits: 8, bBits: 8, aSigned: true, bSigned: true });
const roup = (P, r) => ({ family: 'roup', bits: 8, P, r });
const EXACT = ['baugh-wooley', 'booth', 'behavioural'].map(exact);
const APPROXIMATE = [roup(0, [5, 3, 1, 0]), roup(1, [3, 1, 0])];
const CONDITIONS = { inputTransitionNs: 0.02, outputLoadFf: 4 };

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-measure-'));
try {
  const library = await prepareLibrary({
    path: values.liberty ?? shippedFile('synth', 'maxdnn45_typ.lib'),
    origin: values.liberty === undefined ? 'embedded' : 'user',
    cacheFolder: join(folder, 'library'),
  });
  console.log(`Library ${library.model.name}\n`);
  await measurement(library);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** One design at one target, with its energy as the table reports it, fJ. */
async function run(library, spec, clockNs, more = {}) {
  const parsed = parseSpec(spec, 'spec');
  const { design, verilog } = generateRtl(parsed);
  const made = await synthesise({
    moduleName: design,
    rtlText: verilog,
    library,
    clockNs,
    conditions: CONDITIONS,
    runFolder: join(folder, 'run'),
    ...more,
  });
  const netlist = readNetlist(made.netlistJsonPath, library.model);
  const stream = uniformStream(parsed, 8192, 1);
  const { energyPj } = simulatePower(netlist, library.model, stream, { ...CONDITIONS, vectorPeriodNs: clockNs });
  return { ...made, energyFj: energyPj * 1000 };
}

async function sweep(library) {
  const made = [];
  row(['design', 'target ns', 'area µm²', 'delay ns', 'met', 'energy fJ', 'recipe']);
  row(new Array(7).fill('---'));
  for (const spec of [...EXACT, ...APPROXIMATE]) {
    for (const clockNs of [0.45, 0.5, 0.6, 0.7, 1, 2]) {
      const one = await run(library, spec, clockNs);
      made.push({ ...one, clockNs });
      const { moduleName, areaUm2, delayNs, meetsClock, energyFj, recipe } = one;
      row([
        moduleName,
        clockNs,
        areaUm2.toFixed(1),
        delayNs.toFixed(3),
        meetsClock ? 'yes' : 'no',
        energyFj.toFixed(0),
        recipe,
      ]);
    }
  }
  console.log('\nEnergy of the best candidate of each recipe, relative to the kept one\n');
  row(['design', 'target ns', ...RECIPES.map(({ name }) => name)]);
  row(new Array(2 + RECIPES.length).fill('---'));
  for (const { moduleName, clockNs, recipe, candidates } of made) {
    const kept = candidates.find((candidate) => candidate.recipe === recipe);
    const shares = RECIPES.map(({ name }) => {
      const own = candidates.filter((candidate) => candidate.recipe.startsWith(`${name}/`));
      const energies = own.flatMap(({ energyPj }) => (energyPj === undefined ? [] : [energyPj]));
      if (own.length === 0) return 'none of its own';
      return energies.length === 0 ? 'late' : relative(Math.min(...energies), kept.energyPj);
    });
    row([moduleName, clockNs, ...shares]);
  }
}

/** Spread of the kept netlist's figures over orders of the circuit's statements. */
async function chance(library) {
  row(['design', 'target ns', 'area µm² min … max', 'energy fJ min … max', 'half the range', 'as written']);
  row(new Array(6).fill('---'));
  for (const clockNs of [1]) {
    for (const spec of [...EXACT, ...APPROXIMATE]) {
      const plain = await run(library, spec, clockNs);
      const made = [];
      for (let shuffleSeed = 1; shuffleSeed <= 6; shuffleSeed++) {
        made.push(await run(library, spec, clockNs, { shuffleSeed }));
      }
      const areas = made.map(({ areaUm2 }) => areaUm2);
      const energies = made.map(({ energyFj }) => energyFj);
      const half = (Math.max(...energies) / Math.min(...energies) - 1) / 2;
      row([
        plain.moduleName,
        clockNs,
        `${Math.min(...areas).toFixed(1)} … ${Math.max(...areas).toFixed(1)}`,
        `${Math.min(...energies).toFixed(0)} … ${Math.max(...energies).toFixed(0)}`,
        `±${(100 * half).toFixed(1)} %`,
        plain.energyFj.toFixed(0),
      ]);
    }
  }
}

/** Energy with glitches (512 pairs) of the kept candidate and of the best one by that measure. */
async function glitches(library) {
  row(['design', 'target ns', 'kept', 'zero-delay fJ', 'with glitches fJ', 'best with glitches', 'fJ', 'lost']);
  row(new Array(8).fill('---'));
  for (const spec of [...EXACT, ...APPROXIMATE]) {
    const parsed = parseSpec(spec, 'spec');
    const stream = uniformStream(parsed, 512, 1);
    const conditions = { ...CONDITIONS, vectorPeriodNs: 1 };
    const totals = [];
    const measure = (netlist) => {
      const report = simulateGlitchPower(netlist, library.model, stream, conditions);
      totals.push(report.energyPj * 1000);
      return report.zeroDelayPj;
    };
    const made = await run(library, spec, 1, { measure });
    const meeting = made.candidates.filter(({ energyPj }) => energyPj !== undefined);
    const kept = meeting.findIndex(({ recipe }) => recipe === made.recipe);
    const best = totals.indexOf(Math.min(...totals));
    row([
      made.moduleName,
      1,
      made.recipe,
      (meeting[kept].energyPj * 1000).toFixed(0),
      totals[kept].toFixed(0),
      meeting[best].recipe,
      totals[best].toFixed(0),
      relative(totals[kept], totals[best]),
    ]);
  }
}

/** CPU time per design, Node and the tools that it starts together; wall time of each step. */
async function speed(library) {
  const totals = {};
  const before = cpuSeconds();
  const specs = [7, 6, 5, 4, 3].flatMap((r0) => [roup(0, [r0, 3, 1, 0]), roup(0, [r0, 2, 2, 0])]);
  for (const spec of specs) {
    const parsed = parseSpec(spec, 'spec');
    const { design, verilog } = generateRtl(parsed);
    const { times } = await priceDesign({
      subject: { design, spec: parsed, verilog },
      library,
      conditions: DEFAULT_CONDITIONS,
      clockNs: 1,
      streams: [uniformSource(8192, 1)],
      runFolder: join(folder, design),
    });
    for (const [step, ms] of Object.entries(times)) totals[step] = (totals[step] ?? 0) + ms;
  }
  const node = (cpuSeconds() - before) / specs.length;
  for (const [step, ms] of Object.entries(totals)) console.log(`${step}: ${(ms / specs.length).toFixed(0)}`);
  console.log(`CPU seconds of Node per design: ${node.toFixed(2)} (of all: run this under "time")`);
}

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function relative(value, base) {
  return `${value >= base ? '+' : '−'}${Math.abs(100 * (value / base - 1)).toFixed(1)} %`;
}

function row(cells) {
  console.log(`| ${cells.join(' | ')} |`);
}
