import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../base/artifact.ts';
import { MaxdnnError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { shippedFile } from '../base/package-root.ts';
import { toolVersion } from '../tools/detect-tools.ts';
import { runTool } from '../tools/run-tool.ts';
import { buildSimulation, simulationProgram } from '../tools/verilator.ts';
import type { GeneratedFile } from './generate-shell.ts';
import { renderRegisterHeader } from './register-header.ts';

/** C and C++ sources of the accelerator's simulation, in sim/; the rest are headers. */
const SOURCES = ['accelerator_driver.cpp', 'maxdnn_driver.c'] as const;
const HEADERS = [
  'axi_checker.h',
  'axi_lite_master.h',
  'axi_memory.h',
  'axi_signals.h',
  'command_file.h',
  'maxdnn_driver.h',
  'simulation.h',
] as const;

/** Statements of a generated function at most. */
const FUNCTION_STATEMENTS = 5000;

/** Values of the driver's command file by key; its keys are explained at the head of sim/accelerator_driver.cpp. */
export type DriverCommands = Readonly<Record<string, string | number | readonly (string | number)[]>>;

/** An error that the accelerator reported to the driver. */
export interface ReportedError {
  readonly image: number;
  /** fetch, load, store, transfer, fault; or timeout when the driver gave up. */
  readonly code: string;
  readonly descriptor: number;
  readonly address: number;
  /** The interrupt was raised, for an error and nothing else. */
  readonly isInterrupted: boolean;
}

/** What a run of the driver printed. */
export interface AcceleratorRun {
  /** 0 all images ran, 2 an error was reported, 3 AXI protocol broken, 4 an image did not end. */
  readonly status: number;
  /** Cycles of each image that ended well. */
  readonly imageCycles: readonly number[];
  readonly errors: readonly ReportedError[];
  readonly brokenRules: readonly { readonly rule: string; readonly times: number }[];
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly bursts: number;
  /** Beats outside of all regions of the memory, and writes into read-only ones. */
  readonly refusedBeats: number;
  readonly text: string;
}

/**
 * Builds the simulation of an accelerator, or finds it built in its folder below `outDir`.
 * @param verilog all modules: those of generateShell and the core's
 * @returns path of the program
 */
export async function buildAccelerator(
  verilog: readonly GeneratedFile[],
  options: { readonly outDir: string; readonly trace?: boolean; readonly isUnlinted?: boolean },
): Promise<string> {
  const { outDir, trace = false, isUnlinted = false } = options;
  const texts = new Map(verilog.map(({ name, text }) => [name, text]));
  const sources = [...texts.keys(), ...SOURCES];
  for (const name of [...SOURCES, ...HEADERS])
    texts.set(name, readFileSync(shippedFile('sim', name), 'utf8'));
  texts.set('maxdnn_registers.h', renderRegisterHeader());
  const version = await toolVersion('verilator');
  const digest = digestOf([version, String(trace), ...texts]);
  const buildDir = join(outDir, `accelerator-${digest.slice(0, 12)}`);
  const stamp = join(buildDir, 'built');
  if (existsSync(stamp)) return simulationProgram(buildDir);
  for (const [name, text] of texts) writeFileAtomic(join(buildDir, name), text);
  const program = await buildSimulation({
    topModule: 'maxdnn_accelerator',
    sources,
    buildDir,
    trace,
    isUnlinted,
    functionStatements: FUNCTION_STATEMENTS,
  });
  writeFileAtomic(stamp, digest);
  return program;
}

/**
 * Runs the driver with a command file; relative paths in it are seen from `cwd`.
 * @param plusArgs further arguments, e.g. +name for $test$plusargs
 * @throws tool-failed when the driver could not do its work (status 1), or printed no end line
 */
export async function runAccelerator(
  program: string,
  commands: DriverCommands,
  options: {
    readonly cwd: string;
    readonly name?: string;
    readonly plusArgs?: readonly string[];
    readonly timeoutMs?: number;
    readonly onLine?: (line: string) => void;
  },
): Promise<AcceleratorRun> {
  const { cwd, name = 'run', plusArgs = [], timeoutMs = 3_600_000, onLine } = options;
  const file = `${name}.commands`;
  const lines = Object.entries(commands).map(([key, value]) => `${key} ${[value].flat().join(' ')}\n`);
  writeFileAtomic(join(cwd, file), lines.join(''));
  const call = { tool: 'accelerator', program, args: [file, ...plusArgs], cwd, timeoutMs };
  const { text, status } = await runTool({
    ...call,
    acceptedStatuses: [2, 3, 4],
    ...(onLine === undefined ? {} : { onLine }),
  });
  return parseDriverOutput(text, status);
}

/** Reads the lines that the driver prints. @throws tool-failed when the end line is missing */
export function parseDriverOutput(text: string, status: number): AcceleratorRun {
  const all = (pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match.slice(1) as string[]);
  const end = /^end .*read_bytes (\d+) written_bytes (\d+) bursts (\d+) memory_refused (\d+)/m.exec(text);
  if (end === null) {
    throw new MaxdnnError('tool-failed', `the driver of the accelerator was cut short (status ${status})`, {
      hint: `Its output: ${text.slice(-400)}`,
    });
  }
  const errors = all(/^error image (\d+) code (\w+) descriptor (\d+) address 0x([\da-f]+) irq ([01])$/gm);
  return {
    status,
    imageCycles: all(/^image \d+\/\d+ cycles (\d+) /gm).map(([cycles]) => Number(cycles)),
    errors: errors.map(([image, code, descriptor, address, irq]) => ({
      image: Number(image),
      code: code!,
      descriptor: Number(descriptor),
      address: Number.parseInt(address!, 16),
      isInterrupted: irq === '1',
    })),
    brokenRules: all(/^protocol (\d+) (.*)$/gm).map(([times, rule]) => ({
      rule: rule!,
      times: Number(times),
    })),
    readBytes: Number(end[1]),
    writtenBytes: Number(end[2]),
    bursts: Number(end[3]),
    refusedBeats: Number(end[4]),
    text,
  };
}
