import { existsSync } from 'node:fs';
import { badInput, show } from '../../base/errors.ts';
import { loadDesigns } from '../../rtl/rtl-set.ts';
import { buildEnergyTable, requireVerifiedDesigns } from '../../synth/build-table.ts';
import type { EnergyConditions, EnergyRow, GlitchScope } from '../../synth/energy-table.ts';
import { DEFAULT_CONDITIONS } from '../../synth/price.ts';
import { selectRows } from '../../synth/select-rows.ts';
import type { Command, CommandArguments, CommandOption } from '../command.ts';
import { openOperands } from '../open-operands.ts';
import {
  choiceOption,
  inputOption,
  integerOption,
  numberOrText,
  textOption,
  WORK_OPTION,
} from '../options.ts';
import { runSpace } from '../run-space.ts';
import { SPACE_OPTIONS, spaceFromOptions } from '../space.ts';
import { openLibrary, readVerdict } from '../stages.ts';
import { workspaceOf } from '../workspace.ts';

/**
 * Clock targets of the energy table: nominal, where 8×8 multipliers need not hurry; one that makes all of them hurry;
 * and one that leaves a MAC element room for multiplier and adder. The sweep behind them: docs/synthesis.md.
 */
const CLOCK_TARGETS_NS = [1, 0.6, 2] as const;

/** Options of every verb that synthesises. */
export const SYNTHESIS_OPTIONS: Readonly<Record<string, CommandOption>> = {
  liberty: {
    type: 'string',
    value: 'FILE',
    describe: 'Liberty library, .lib or .lib.gz, or a corner of the embedded one: typ (default), slow, fast',
  },
  'clock-ns': {
    type: 'string',
    value: 'LIST',
    describe: `clock targets of the synthesis, the same for every design; the first is the nominal one (default: ${CLOCK_TARGETS_NS.join(',')}; of synth and table --all: ${CLOCK_TARGETS_NS[0]})`,
  },
  pairs: {
    type: 'string',
    value: 'N',
    describe: 'uniform random operand pairs of the power simulation',
    default: String(DEFAULT_CONDITIONS.operandPairs),
  },
  'adder-cells': {
    type: 'string',
    value: 'USE',
    describe: 'full-adder cells of the library: auto (where they serve), always or never',
    default: DEFAULT_CONDITIONS.adderCells,
  },
  glitches: {
    type: 'string',
    value: 'STREAMS',
    describe: 'streams whose glitches are simulated too: none, uniform, or all',
    default: DEFAULT_CONDITIONS.glitches,
  },
};

const ADDER_CELLS: readonly EnergyConditions['adderCells'][] = ['auto', 'always', 'never'];
const GLITCH_SCOPES: readonly GlitchScope[] = ['none', 'uniform', 'all'];

/** Conditions of the energy table from the options: several clock targets unless the user names others. */
export function tableConditions(args: CommandArguments): EnergyConditions {
  const conditions = conditionsOf(args);
  return args['clock-ns'] === undefined ? { ...conditions, clockTargetsNs: CLOCK_TARGETS_NS } : conditions;
}

/** Conditions from the options, at the nominal clock target unless the user names others. */
export function conditionsOf(args: CommandArguments): EnergyConditions {
  return {
    ...DEFAULT_CONDITIONS,
    clockTargetsNs: clockTargets(textOption(args, 'clock-ns')) ?? DEFAULT_CONDITIONS.clockTargetsNs,
    operandPairs: integerOption(args, 'pairs', 64, 2 ** 24) ?? DEFAULT_CONDITIONS.operandPairs,
    adderCells: choiceOption(args, 'adder-cells', ADDER_CELLS) ?? DEFAULT_CONDITIONS.adderCells,
    glitches: choiceOption(args, 'glitches', GLITCH_SCOPES) ?? DEFAULT_CONDITIONS.glitches,
  };
}

/** "0.812 ns", or that a target is not met. */
export function describeDelay(row: {
  readonly delayNs: number;
  readonly clockNs: number;
  readonly meetsClock: boolean;
}): string {
  return `${row.delayNs.toFixed(3)} ns${row.meetsClock ? '' : ` (target ${row.clockNs} ns not met)`}`;
}

/** Periods in ns, separated by commas. @throws bad-input unless each is a number of 0.01 … 1000 and there once */
function clockTargets(text: string | undefined): readonly number[] | undefined {
  if (text === undefined) return undefined;
  const targets = text.split(',').map((part) => numberOrText(part));
  const isUsable = targets.every(
    (target, i) =>
      typeof target === 'number' && target >= 0.01 && target <= 1000 && targets.indexOf(target) === i,
  );
  if (isUsable) return targets as readonly number[];
  throw badInput(
    { where: '--clock-ns', wanted: 'clock periods of 0.01 to 1000 ns, each once', found: show(text) },
    'Give one, or several separated by commas: --clock-ns 1 or --clock-ns 1,0.8,2.',
  );
}

export const table: Command = {
  name: 'table',
  summary: 'synthesise, prove, time and price every verified design: the energy table',
  options: {
    work: WORK_OPTION,
    rtl: inputOption('designs, an rtl.json', 'rtl/rtl.json'),
    verdict: inputOption('verdict on them', 'verify/verdict.json'),
    operands: inputOption(
      'operands to price with beside uniform ones: operands.json of record, or pairs (.csv)',
      'operands/operands.json if it is there',
    ),
    ...SYNTHESIS_OPTIONS,
    ...SPACE_OPTIONS,
  },
  examples: [
    ['maxdnn table', 'energy table of the designs in out/rtl, embedded library'],
    ['maxdnn table --family roup --bits 8 --all', 'the whole space of designs with its Pareto front'],
    ['maxdnn table --liberty NangateOpenCellLibrary_typical.lib.gz', 'the same with your library'],
  ],
  run: async (args, { onProgress }) => {
    const place = workspaceOf(args);
    const space = spaceFromOptions(args);
    if (space !== undefined) return runSpace(space, args, conditionsOf(args), onProgress);
    const designs = loadDesigns(textOption(args, 'rtl') ?? place.rtlSet);
    const verdict = readVerdict(textOption(args, 'verdict') ?? place.verdict);
    requireVerifiedDesigns(designs, verdict);
    const conditions = tableConditions(args);
    const operandsPath =
      textOption(args, 'operands') ?? (existsSync(place.operands) ? place.operands : undefined);
    const specs = designs.map(({ spec }) => spec);
    const operands = operandsPath === undefined ? undefined : openOperands(operandsPath, specs);
    const library = await openLibrary(place, textOption(args, 'liberty'));
    const outFolder = place.tableDir;
    const result = await buildEnergyTable({
      designs,
      verdict,
      library,
      conditions,
      outFolder,
      onProgress,
      ...(operands === undefined ? {} : { operands }),
    });
    const width = Math.max(...designs.map(({ design }) => design.length));
    const uniform = conditions.clockTargetsNs.flatMap((clockNs) => selectRows(result.table, { clockNs }));
    const own = conditions.clockTargetsNs.flatMap((clockNs) =>
      selectRows(result.table, { clockNs, kind: 'file' }),
    );
    const ownEnergy = ({ design, clockNs }: EnergyRow): string => {
      const row = own.find((other) => other.design === design && other.clockNs === clockNs);
      return row === undefined ? '-' : (row.energyPj * 1000).toFixed(1);
    };
    const lines = uniform.map((row) => {
      const { design, clockNs, areaUm2, delayNs, meetsClock, energyPj } = row;
      const figures = `${design.padEnd(width)} ${String(clockNs).padStart(8)} ${areaUm2.toFixed(1).padStart(9)} ${delayNs.toFixed(3).padStart(9)}${meetsClock ? ' ' : '!'} ${(energyPj * 1000).toFixed(1).padStart(10)}`;
      return own.length === 0 ? figures : `${figures} ${ownEnergy(row).padStart(10)}`;
    });
    const heads = `${'design'.padEnd(width)} ${'clock ns'.padStart(8)} ${'area µm²'.padStart(9)} ${'delay ns'.padStart(9)}  ${'energy fJ'.padStart(10)}`;
    const head = own.length === 0 ? heads : `${heads} ${'own pairs'.padStart(10)}`;
    const notes = library.model.notes.map((note) => `Library, not modelled: ${note}`);
    const missed = uniform.some((row) => !row.meetsClock) ? ['! longer than the clock target'] : [];
    return {
      text: [head, ...lines, ...missed, ...notes, result.jsonPath, result.csvPath].join('\n'),
      value: { path: result.jsonPath, csvPath: result.csvPath, ...result.table },
    };
  },
};
