import { MaxdnnError } from '../base/errors.ts';
import { netsOf, type Transistor, VDD, VSS } from './transistors.ts';

/** Value of a net: 'x' is unknown. */
export type Level = 0 | 1 | 'x';

/** Levels of all nets, by name. */
export type NetLevels = ReadonlyMap<string, Level>;

/**
 * Settles a transistor netlist as a network of ideal switches. A net joined to VDD or VSS (or to an input) by
 * conducting transistors takes that value, one that is joined to nothing keeps its charge, one that might be joined
 * to both is 'x'. Nets settle from the inputs on: those that depend on fewer parts of the cell first, so both phases
 * of a clock stand before the transmission gates that they switch are looked at.
 * @param before levels to start from; nets that it lacks start as 'x'
 * @throws internal when the netlist does not settle (it oscillates)
 */
export function settle(
  transistors: readonly Transistor[],
  inputs: Readonly<Record<string, 0 | 1>>,
  before: NetLevels = new Map(),
): NetLevels {
  const fixed = new Map<string, Level>([[VDD, 1], [VSS, 0], ...Object.entries(inputs)]);
  const nets = netsOf(transistors).filter((net) => !fixed.has(net));
  const levels = new Map<string, Level>([
    ...nets.map((net) => [net, before.get(net) ?? 'x'] as const),
    ...fixed,
  ]);
  for (const group of settlingOrder(transistors, fixed, nets)) {
    let rounds = 4 * group.length + 10;
    for (let stable = false; !stable; rounds--) {
      if (rounds === 0) {
        throw new MaxdnnError('internal', 'switch-level evaluation: the netlist does not settle');
      }
      const next = settleOnce(transistors, fixed, group, levels);
      stable = next.every(([net, level]) => levels.get(net) === level);
      for (const [net, level] of next) levels.set(net, level);
    }
  }
  return levels;
}

/** Nets grouped by how many channel-connected parts of the netlist they depend on, fewest first. */
function settlingOrder(
  transistors: readonly Transistor[],
  fixed: ReadonlyMap<string, Level>,
  nets: readonly string[],
): string[][] {
  const part = new Map(nets.map((net) => [net, net]));
  const rootOf = (net: string): string => (part.get(net) === net ? net : rootOf(part.get(net)!));
  for (const { drain, source } of transistors) {
    if (!fixed.has(drain) && !fixed.has(source)) part.set(rootOf(drain), rootOf(source));
  }
  const dependencies = new Map(nets.map((net) => [rootOf(net), new Set([rootOf(net)])]));
  for (let grown = true; grown; ) {
    grown = false;
    for (const { drain, gate, source } of transistors) {
      const driven = fixed.has(drain) ? source : drain;
      if (fixed.has(driven) || fixed.has(gate)) continue;
      const own = dependencies.get(rootOf(driven))!;
      const size = own.size;
      for (const other of dependencies.get(rootOf(gate))!) own.add(other);
      grown ||= own.size > size;
    }
  }
  const groups = new Map<number, string[]>();
  for (const net of nets) {
    const count = dependencies.get(rootOf(net))!.size;
    groups.set(count, [...(groups.get(count) ?? []), net]);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
}

/** New levels of the nets of one group, all from the present levels. */
function settleOnce(
  transistors: readonly Transistor[],
  fixed: ReadonlyMap<string, Level>,
  group: readonly string[],
  levels: NetLevels,
): [net: string, level: Level][] {
  const sure = (t: Transistor): boolean => levels.get(t.gate) === (t.type === 'n' ? 1 : 0);
  const maybe = (t: Transistor): boolean => sure(t) || levels.get(t.gate) === 'x';
  const [low, high] = ([0, 1] as const).map((value) => ({
    sure: reach(transistors.filter(sure), fixed, value),
    maybe: reach(transistors.filter(maybe), fixed, value),
  }));
  return group.map((net) => {
    if (!low!.maybe.has(net) && !high!.maybe.has(net)) return [net, levels.get(net)!];
    if (low!.sure.has(net) && !high!.maybe.has(net)) return [net, 0];
    if (high!.sure.has(net) && !low!.maybe.has(net)) return [net, 1];
    return [net, 'x'];
  });
}

/** Nets joined to a fixed net of this value through the given (conducting) transistors; fixed nets block. */
function reach(on: readonly Transistor[], fixed: ReadonlyMap<string, Level>, value: 0 | 1): Set<string> {
  const reached = new Set([...fixed].filter(([, level]) => level === value).map(([net]) => net));
  for (let grown = true; grown; ) {
    grown = false;
    for (const { drain, source } of on) {
      for (const [from, to] of [
        [drain, source],
        [source, drain],
      ] as const) {
        if (!reached.has(from) || reached.has(to) || fixed.has(to)) continue;
        reached.add(to);
        grown = true;
      }
    }
  }
  return reached;
}
