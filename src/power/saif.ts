import { writePiecesAtomic } from '../base/files.ts';
import { evaluateNets } from './net-values.ts';
import { type ActivityFile, timeUnit } from './vcd.ts';

/** How long a net was 0 and 1, in operand pairs, and how often it changed. */
export interface NetActivity {
  readonly zeroPairs: number;
  readonly onePairs: number;
  readonly transitions: number;
}

/** Activity of all nets over a stream, by net; zero delay. @throws bad-input as evaluateNets */
export function countNetActivity({ netlist, stream, ports }: ActivityFile): readonly NetActivity[] {
  const ones = new Float64Array(netlist.netCount);
  const changes = new Float64Array(netlist.netCount);
  const last = new Int32Array(netlist.netCount);
  let pairs = 0;
  for (const { words, count } of evaluateNets(netlist, stream, ports)) {
    for (let net = 0; net < words.length; net++) {
      let before = pairs === 0 ? words[net]! & 1 : last[net]!;
      for (let i = 0; i < count; i++) {
        const value = (words[net]! >>> i) & 1;
        ones[net]! += value;
        if (value !== before) changes[net]!++;
        before = value;
      }
      last[net] = before;
    }
    pairs += count;
  }
  return Array.from(ones, (onePairs, net) => ({
    zeroPairs: pairs - onePairs,
    onePairs,
    transitions: changes[net]!,
  }));
}

/**
 * Writes the activity of ports, nets and instance pins over a stream as a backward SAIF file: T0, T1 and TC, zero
 * delay, over n periods for n operand pairs (n − 1 changes). No date: the same input gives the same bytes. Instances
 * stand by their names only: OpenSTA 3.0 takes the optional cell name before it for the name.
 * Source: Switching Activity Interchange Format 2.0, IEEE Std 1801-2018, annex I.
 * @throws bad-input as evaluateNets, and when the period is no whole number of fs
 */
export function writeSaif(path: string, file: ActivityFile): void {
  writePiecesAtomic(path, printSaif(file));
}

function* printSaif(file: ActivityFile): Generator<string, void, undefined> {
  const { netlist, names, stream } = file;
  const { unit, period } = timeUnit(file.vectorPeriodNs);
  const activity = countNetActivity(file);
  const line = (name: string, net: number): string => {
    const { zeroPairs, onePairs, transitions } = activity[net]!;
    return `(${name} (T0 ${zeroPairs * period}) (T1 ${onePairs * period}) (TX 0) (TC ${transitions}) (IG 0))\n`;
  };
  yield `(SAIFILE
(SAIFVERSION "2.0")
(DIRECTION "backward")
(DESIGN "${netlist.name}")
(VENDOR "maxdnn")
(PROGRAM_NAME "maxdnn")
(DIVIDER / )
(TIMESCALE 1 ${unit})
(DURATION ${stream.a.length * period})
(INSTANCE ${saifName(netlist.name)}
(NET
`;
  for (const [name, { nets }] of netlist.ports) {
    for (const [bit, net] of nets.entries()) {
      yield line(nets.length === 1 ? saifName(name) : bitName(name, bit), net);
    }
  }
  for (const { name, bit, net } of names)
    yield line(bit === undefined ? saifName(name) : bitName(name, bit), net);
  yield ')\n';
  for (const { instance, cell, inputNets, outputNets } of netlist.gates) {
    const pins = [...cell.inputs, ...cell.outputs];
    yield `(INSTANCE ${saifName(instance)}\n(NET\n`;
    for (const [i, net] of [...inputNets, ...outputNets].entries()) {
      if (net !== undefined) yield line(saifName(pins[i]!), net);
    }
    yield '))\n';
  }
  yield '))\n';
}

function bitName(name: string, bit: number): string {
  return saifName(`${name}[${bit}]`);
}

/** A name with everything but letters, digits and _ escaped. */
function saifName(name: string): string {
  return name.replace(/\W/g, (character) => `\\${character}`);
}
