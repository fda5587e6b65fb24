/** Names of the external tools that some stage starts. */
export type ToolName =
  | 'verilator'
  | 'yosys'
  | 'sta'
  | 'abc'
  | 'g++'
  | 'make'
  | 'cc'
  | 'ngspice'
  | 'iverilog'
  | 'redis-server';

/** How to find an external tool, what it is for and where to get it. */
export interface ExternalTool {
  readonly name: ToolName;
  /** Names of the program, tried in this order. */
  readonly programs: readonly string[];
  /** Arguments that make it print its version and end. */
  readonly versionArgs: readonly string[];
  /** Matches the version in that output; the first group is the version. */
  readonly versionPattern: RegExp;
  readonly debianPackage: string;
  /** What does not work without it, as the end of "without it: …". */
  readonly disables: string;
  /** True when `maxdnn run` cannot do without it. */
  readonly neededByRun: boolean;
}

/**
 * Every external tool, with the versions the project was tried with (Debian 12, August 2026):
 * Verilator 5.006, Yosys 0.23, OpenSTA 2.0.17, ABC 1.01, g++ and cc 12.2.0, GNU Make 4.3, ngspice 39, Icarus 11.0,
 * Redis 7.0.15.
 */
export const TOOL_CATALOGUE: readonly ExternalTool[] = [
  {
    name: 'verilator',
    programs: ['verilator'],
    versionArgs: ['--version'],
    versionPattern: /^Verilator (\S+)/m,
    debianPackage: 'verilator',
    disables: 'cosimulation (verify, cosim-network)',
    neededByRun: true,
  },
  {
    name: 'yosys',
    programs: ['yosys'],
    versionArgs: ['-V'],
    versionPattern: /^Yosys (\S+)/m,
    debianPackage: 'yosys',
    disables: 'synthesis and equivalence proofs (prove, synth, table)',
    neededByRun: true,
  },
  {
    name: 'sta',
    programs: ['sta'],
    versionArgs: ['-version'],
    versionPattern: /^(\d+\.\d+\S*)$/m,
    debianPackage: 'opensta',
    disables: 'timing (synth, table)',
    neededByRun: true,
  },
  {
    name: 'abc',
    programs: ['berkeley-abc', 'yosys-abc'],
    versionArgs: ['-c', 'version'],
    versionPattern: /^UC Berkeley, ABC (\S+)/m,
    debianPackage: 'berkeley-abc',
    disables: 'technology mapping and equivalence proofs (prove, synth, table)',
    neededByRun: true,
  },
  {
    name: 'g++',
    programs: ['g++'],
    versionArgs: ['--version'],
    versionPattern: /^g\+\+ .*?(\d+\.\d+\S*)$/m,
    debianPackage: 'g++',
    disables: 'cosimulation: Verilator compiles its models with it',
    neededByRun: true,
  },
  {
    name: 'make',
    programs: ['make'],
    versionArgs: ['--version'],
    versionPattern: /^GNU Make (\S+)/m,
    debianPackage: 'make',
    disables: 'cosimulation: Verilator builds its models with it',
    neededByRun: true,
  },
  {
    name: 'cc',
    programs: ['cc', 'gcc', 'clang'],
    versionArgs: ['--version'],
    versionPattern: /(\d+\.\d+\.\d+)/,
    debianPackage: 'gcc',
    disables: 'C models as multipliers (add-multiplier FILE.c)',
    neededByRun: false,
  },
  {
    name: 'ngspice',
    programs: ['ngspice'],
    versionArgs: ['--version'],
    versionPattern: /ngspice-(\S+)/,
    debianPackage: 'ngspice',
    disables: 'characterising the embedded library again (its result is shipped, so few need this)',
    neededByRun: false,
  },
  {
    name: 'iverilog',
    programs: ['iverilog'],
    versionArgs: ['-V'],
    versionPattern: /^Icarus Verilog version (\S+)/m,
    debianPackage: 'iverilog',
    disables: 'the second reading of the generated Verilog in the tests',
    neededByRun: false,
  },
  {
    name: 'redis-server',
    programs: ['redis-server'],
    versionArgs: ['--version'],
    versionPattern: /^Redis server v=(\S+)/m,
    debianPackage: 'redis-server',
    disables: 'a queue on this machine (explore --queue, worker); one on another machine does as well',
    neededByRun: false,
  },
];

/** The entry of a tool. */
export function catalogueEntry(name: ToolName): ExternalTool {
  return TOOL_CATALOGUE.find((tool) => tool.name === name)!;
}
