import { MaxdnnError } from '../base/errors.ts';
import { netsOf, type Transistor, VDD, VSS } from './transistors.ts';

/** Value of a net: 'x' is unknown. */
export type Level = 0 | 1 | 'x';

/** Levels of all nets, by name. */
export type NetLevels = ReadonlyMap<string, Level>;

/**
 * Settles a transistor netlist as a network of ideal switches. A net joined to VDD or VSS (or to an input) by
 * conducting transistors takes that value, one that is joined to nothing keeps its charge, one that might be joined
 * to both is 'x'.
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
  let levels = new Map<string, Level>([
    ...nets.map((net) => [net, before.get(net) ?? 'x'] as const),
    ...fixed,
  ]);
  for (let round = 0; round < 4 * nets.length + 10; round++) {
    const next = settleOnce(transistors, fixed, nets, levels);
    if (nets.every((net) => next.get(net) === levels.get(net))) return next;
    levels = next;
  }
  throw new MaxdnnError('internal', 'switch-level evaluation: the netlist does not settle');
}

function settleOnce(
  transistors: readonly Transistor[],
  fixed: ReadonlyMap<string, Level>,
  nets: readonly string[],
  levels: NetLevels,
): Map<string, Level> {
  const sure = (t: Transistor): boolean => levels.get(t.gate) === (t.type === 'n' ? 1 : 0);
  const maybe = (t: Transistor): boolean => sure(t) || levels.get(t.gate) === 'x';
  const driven = [0, 1].map((value) => ({
    sure: reach(transistors.filter(sure), fixed, value as 0 | 1),
    maybe: reach(transistors.filter(maybe), fixed, value as 0 | 1),
  }));
  const next = new Map<string, Level>(fixed);
  for (const net of nets) {
    const [low, high] = [driven[0]!, driven[1]!];
    if (!low.maybe.has(net) && !high.maybe.has(net)) next.set(net, levels.get(net)!);
    else if (low.sure.has(net) && !high.maybe.has(net)) next.set(net, 0);
    else if (high.sure.has(net) && !low.maybe.has(net)) next.set(net, 1);
    else next.set(net, 'x');
  }
  return next;
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
