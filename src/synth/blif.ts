import { MaxdnnError } from '../base/errors.ts';

/** A cell instance: pin name → net name. */
export interface BlifGate {
  readonly cell: string;
  readonly pins: ReadonlyMap<string, string>;
}

/** One BLIF model as lists of statements; nets are known by name. */
export interface BlifModel {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** .gate and .subckt statements. */
  readonly gates: readonly BlifGate[];
  /** .names statements: output net, input nets, cover lines as written. */
  readonly tables: readonly BlifTable[];
}

export interface BlifTable {
  readonly output: string;
  readonly inputs: readonly string[];
  readonly cover: readonly string[];
}

/**
 * Reads the first model of BLIF text: .inputs, .outputs, .names, .gate and .subckt; attributes, parameters and
 * comments are left out. Source: Berkeley Logic Interchange Format, 1992, as Yosys and abc write it.
 * @throws tool-failed for anything else (latches, a file cut short), naming `where`
 */
export function parseBlif(text: string, where: string): BlifModel {
  const fail = (what: string): never => {
    throw new MaxdnnError('tool-failed', `${where}: ${what}`, {
      hint: 'The tool that wrote it stopped early: its log lies beside.',
    });
  };
  let name: string | undefined;
  let ended = false;
  const inputs: string[] = [];
  const outputs: string[] = [];
  const gates: BlifGate[] = [];
  const tables: { output: string; inputs: string[]; cover: string[] }[] = [];
  for (const line of text.replaceAll('\\\n', ' ').split('\n')) {
    const words = line.trim().split(/\s+/);
    const [keyword] = words;
    if (ended || keyword === undefined || keyword === '' || keyword.startsWith('#')) continue;
    if (!keyword.startsWith('.')) tables.at(-1)?.cover.push(words.join(' '));
    else if (keyword === '.model') name = words[1];
    else if (keyword === '.inputs') inputs.push(...words.slice(1));
    else if (keyword === '.outputs') outputs.push(...words.slice(1));
    else if (keyword === '.gate' || keyword === '.subckt') gates.push(readGate(words));
    else if (keyword === '.names')
      tables.push({ output: words.at(-1)!, inputs: words.slice(1, -1), cover: [] });
    else if (keyword === '.end') ended = true;
    else if (!IGNORED.has(keyword)) fail(`BLIF statement ${keyword} is not understood`);
  }
  if (name === undefined || !ended) return fail('no complete BLIF model');
  return { name, inputs, outputs, gates, tables };
}

/** Text of a model; lines are not broken. */
export function blifText(model: BlifModel): string {
  const { name, inputs, outputs, gates, tables } = model;
  return [
    `.model ${name}`,
    `.inputs ${inputs.join(' ')}`,
    `.outputs ${outputs.join(' ')}`,
    ...gates.map(
      ({ cell, pins }) => `.subckt ${cell} ${[...pins].map(([pin, net]) => `${pin}=${net}`).join(' ')}`,
    ),
    ...tables.flatMap((table) => [['.names', ...table.inputs, table.output].join(' '), ...table.cover]),
    '.end',
    '',
  ].join('\n');
}

const IGNORED = new Set(['.attr', '.cname', '.param', '.default_input_arrival', '.area', '.delay']);

function readGate([, cell, ...connections]: readonly string[]): BlifGate {
  const pins = connections.map((connection): [string, string] => {
    const equals = connection.indexOf('=');
    return [connection.slice(0, equals), connection.slice(equals + 1)];
  });
  return { cell: cell!, pins: new Map(pins) };
}
