import { badInput } from '../base/errors.ts';
import { writePiecesAtomic } from '../base/files.ts';
import type { NetName } from './net-names.ts';
import { evaluateNets } from './net-values.ts';
import { type GateNetlist, portNets } from './netlist.ts';
import type { MultiplierPorts } from './simulate.ts';
import type { OperandStream } from './stream.ts';

/** A stream at the ports of a netlist, to be written for other tools. */
export interface ActivityFile {
  readonly netlist: GateNetlist;
  /** Names of inner nets (readNetNames); none: only ports, and pins of instances. */
  readonly names: readonly NetName[];
  readonly stream: OperandStream;
  readonly ports: MultiplierPorts;
  /** Time between operand pairs. */
  readonly vectorPeriodNs: number;
}

/**
 * Writes the values of ports and nets over a stream as a value change dump, zero delay: all changes of pair i happen
 * at i periods, the last time is n periods. Inner nets stand by their names in the scope of the module, and by pin in
 * one scope per instance, as a simulator with cell models dumps them. No date: the same input gives the same bytes.
 * Source: IEEE Std 1364-2005, clause 18 (four-state VCD).
 * @throws bad-input as evaluateNets, and when the period is no whole number of fs
 */
export function writeVcd(path: string, file: ActivityFile): void {
  writePiecesAtomic(path, printVcd(file));
}

/** Only the operands (and products, where given) of a stream, as writeVcd writes ports. */
export function writeOperandVcd(
  path: string,
  options: {
    readonly module: string;
    readonly stream: OperandStream;
    readonly vectorPeriodNs: number;
    readonly ports: MultiplierPorts;
    readonly aBits: number;
    readonly bBits: number;
    readonly product?: { readonly bits: number; readonly patterns: Uint32Array };
  },
): void {
  const { module, stream, ports, aBits, bBits, product } = options;
  const columns = [
    { name: ports.a, bits: aBits, patterns: stream.a },
    { name: ports.b, bits: bBits, patterns: stream.b },
    ...(product === undefined ? [] : [{ name: ports.p, ...product }]),
  ];
  const clock = timeUnit(options.vectorPeriodNs);
  const head = [
    ...header(module, stream, clock),
    ...columns.map(({ name, bits }, i) => `$var wire ${bits} ${identifier(i)} ${name} [${bits - 1}:0] $end`),
    '$upscope $end',
    '$enddefinitions $end',
    '',
  ];
  const writes = columns.map(({ bits, patterns }, i) => (pair: number): string | undefined => {
    if (pair > 0 && patterns[pair] === patterns[pair - 1]) return undefined;
    return `b${patterns[pair]!.toString(2).padStart(bits, '0')} ${identifier(i)}`;
  });
  writePiecesAtomic(
    path,
    (function* () {
      yield head.join('\n');
      for (let pair = 0; pair < stream.a.length; pair++) {
        const changes = writes.map((write) => write(pair)).filter((change) => change !== undefined);
        yield printTime(pair, changes, clock.period);
      }
      yield `#${stream.a.length * clock.period}\n`;
    })(),
  );
}

/** The dump, in pieces of up to 32 pairs. */
function* printVcd(file: ActivityFile): Generator<string, void, undefined> {
  const { netlist, stream, ports, vectorPeriodNs } = file;
  const clock = timeUnit(vectorPeriodNs);
  const vectors = [...netlist.ports].map(([name, { nets }]) => ({ name, nets }));
  portNets(netlist, ports.p, 'output');
  const netIdentifier = (net: number): string => identifier(vectors.length + net);
  yield [
    ...header(netlist.name, stream, clock),
    ...vectors.map(({ name, nets }, i) => {
      const range = nets.length === 1 ? '' : ` [${nets.length - 1}:0]`;
      return `$var wire ${nets.length} ${identifier(i)} ${vcdName(name)}${range} $end`;
    }),
    ...file.names.map(({ name, bit, net }) => {
      const select = bit === undefined ? '' : ` [${bit}]`;
      return `$var wire 1 ${netIdentifier(net)} ${vcdName(name)}${select} $end`;
    }),
    ...netlist.gates.flatMap(({ instance, cell, inputNets, outputNets }) => [
      `$scope module ${vcdName(instance)} $end`,
      ...[...inputNets, ...outputNets].flatMap((net, i) => {
        const pin = [...cell.inputs, ...cell.outputs][i]!;
        return net === undefined ? [] : [`$var wire 1 ${netIdentifier(net)} ${vcdName(pin)} $end`];
      }),
      '$upscope $end',
    ]),
    '$upscope $end',
    '$enddefinitions $end',
    '',
  ].join('\n');
  const last = new Int32Array(netlist.netCount).fill(-1);
  const dumped = dumpedNets(file);
  let pair = 0;
  for (const { words, count } of evaluateNets(netlist, stream, ports)) {
    const lines: string[] = [];
    for (let i = 0; i < count; i++, pair++) {
      const changes: string[] = [];
      const bitOf = (net: number): number => (words[net]! >>> i) & 1;
      vectors.forEach(({ nets }, v) => {
        if (nets.every((net) => last[net] === bitOf(net))) return;
        const bits = nets.map(bitOf).reverse().join('');
        changes.push(nets.length === 1 ? `${bits}${identifier(v)}` : `b${bits} ${identifier(v)}`);
      });
      for (const net of dumped) {
        const value = bitOf(net);
        if (value !== last[net]) changes.push(`${value}${netIdentifier(net)}`);
      }
      for (const { nets } of vectors) for (const net of nets) last[net] = bitOf(net);
      for (const net of dumped) last[net] = bitOf(net);
      lines.push(printTime(pair, changes, clock.period));
    }
    yield lines.join('');
  }
  yield `#${pair * clock.period}\n`;
}

/** Nets that have a variable of their own. */
function dumpedNets({ netlist, names }: ActivityFile): readonly number[] {
  const nets = new Set(names.map(({ net }) => net));
  for (const { inputNets, outputNets } of netlist.gates) {
    for (const net of [...inputNets, ...outputNets]) if (net !== undefined) nets.add(net);
  }
  return [...nets].sort((x, y) => x - y);
}

interface TimeUnit {
  readonly unit: 'ps' | 'fs';
  /** Units per vector period. */
  readonly period: number;
}

/** Picoseconds where the period is a whole number of them, else femtoseconds. */
export function timeUnit(vectorPeriodNs: number): TimeUnit {
  const ps = Number((vectorPeriodNs * 1e3).toPrecision(12));
  if (Number.isInteger(ps) && ps > 0) return { unit: 'ps', period: ps };
  const fs = Number((vectorPeriodNs * 1e6).toPrecision(12));
  if (Number.isInteger(fs) && fs > 0) return { unit: 'fs', period: fs };
  throw badInput(
    { where: 'vector period', wanted: 'a whole number of fs above 0', found: `${vectorPeriodNs} ns` },
    'Round the clock period.',
  );
}

function header(module: string, stream: OperandStream, { unit }: TimeUnit): readonly string[] {
  return [
    '$version maxdnn $end',
    `$comment stream ${stream.name}: ${stream.a.length} operand pairs, SHA-256 ${stream.sha256} $end`,
    `$timescale 1${unit} $end`,
    `$scope module ${vcdName(module)} $end`,
  ];
}

/** The changes of one pair; the first are the initial values. */
function printTime(pair: number, changes: readonly string[], period: number): string {
  if (changes.length === 0) return '';
  const values = changes.join('\n');
  return `#${pair * period}\n${pair === 0 ? `$dumpvars\n${values}\n$end` : values}\n`;
}

/** Printable characters, "!" first. */
function identifier(index: number): string {
  let text = '';
  for (let rest = index; ; rest = Math.floor(rest / 94) - 1) {
    text = String.fromCharCode(33 + (rest % 94)) + text;
    if (rest < 94) return text;
  }
}

/** A Verilog name: plain, or escaped with a backslash. */
function vcdName(name: string): string {
  return /^[A-Za-z_][\w$]*$/.test(name) ? name : `\\${name}`;
}
