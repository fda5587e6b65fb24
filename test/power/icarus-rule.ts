import type { GlitchTables } from '../../src/power/glitch-tables.ts';
import { type GateNetlist, NET_ONE } from '../../src/power/netlist.ts';
import type { OperandStream } from '../../src/power/stream.ts';

/**
 * Transitions per driver by the rule of Icarus Verilog for module paths, with the same delays: every change of a gate's
 * function sets an alarm after the delay; when an alarm goes off, the output takes whatever value the function has by
 * then. No alarm is withdrawn. Source: vvp/delay.cc, vvp_fun_modpath.
 */
export function countByIcarusRule(
  netlist: GateNetlist,
  tables: GlitchTables,
  stream: OperandStream,
  ports: { readonly a: string; readonly b: string },
): Int32Array {
  const { firstDriver, values, valueBase, driverNet, inputCount, pathBase, delaysFs } = tables;
  const level = new Uint8Array(netlist.netCount + 1);
  level[NET_ONE] = 1;
  const wanted = new Uint8Array(tables.driverCount);
  const transitions = new Int32Array(tables.driverCount);
  const readers = Array.from({ length: netlist.netCount + 1 }, () => new Set<number>());
  for (const [g, { inputNets }] of netlist.gates.entries()) for (const net of inputNets) readers[net]!.add(g);
  const inputNets = [...netlist.ports.get(ports.a)!.nets, ...netlist.ports.get(ports.b)!.nets];
  const aBits = netlist.ports.get(ports.a)!.nets.length;
  const bitOf = (pair: number, i: number): number =>
    ((i < aBits ? stream.a[pair]! : stream.b[pair]!) >>> (i < aBits ? i : i - aBits)) & 1;
  const stateOf = (g: number): number =>
    netlist.gates[g]!.inputNets.reduce((word, net, i) => word | (level[net]! << i), 0);

  for (const [i, net] of inputNets.entries()) level[net] = bitOf(0, i);
  for (let g = 0; g < tables.gateCount; g++) {
    for (let driver = firstDriver[g]!; driver < firstDriver[g + 1]!; driver++) {
      wanted[driver] = values[valueBase[driver]! + stateOf(g)]!;
      level[driverNet[driver]!] = wanted[driver]!;
    }
  }
  for (let pair = 1; pair < stream.a.length; pair++) {
    /** Drivers by time; the times in descending order. */
    const alarms = new Map<number, number[]>();
    const times: number[] = [];
    const setAlarm = (timeFs: number, driver: number): void => {
      const known = alarms.get(timeFs);
      if (known !== undefined) {
        known.push(driver);
        return;
      }
      alarms.set(timeFs, [driver]);
      let at = times.length;
      while (at > 0 && times[at - 1]! < timeFs) at--;
      times.splice(at, 0, timeFs);
    };
    let changedNets = inputNets.filter((net, i) => level[net] !== bitOf(pair, i));
    for (const [i, net] of inputNets.entries()) level[net] = bitOf(pair, i);
    let nowFs = 0;
    while (true) {
      const changed = new Set(changedNets);
      for (const g of new Set(changedNets.flatMap((net) => [...readers[net]!]))) {
        const state = stateOf(g);
        for (let driver = firstDriver[g]!; driver < firstDriver[g + 1]!; driver++) {
          const value = values[valueBase[driver]! + state]!;
          if (value === wanted[driver]) continue;
          wanted[driver] = value;
          const delays = netlist.gates[g]!.inputNets.flatMap((net, i) =>
            changed.has(net) ? [delaysFs[pathBase[driver]! + state * inputCount[g]! + i]!] : [],
          );
          const fitting = delays.filter((delay) => delay > 0);
          const usable = fitting.length > 0 ? fitting : delays.filter((d) => d < 0).map((d) => -d);
          setAlarm(nowFs + Math.min(...usable), driver);
        }
      }
      const earliest = times.pop();
      if (earliest === undefined) break;
      nowFs = earliest;
      const due = alarms.get(nowFs)!.filter((driver) => level[driverNet[driver]!] !== wanted[driver]);
      alarms.delete(nowFs);
      for (const driver of due) {
        level[driverNet[driver]!] = wanted[driver]!;
        transitions[driver]!++;
      }
      changedNets = due.map((driver) => driverNet[driver]!);
    }
  }
  return transitions;
}
