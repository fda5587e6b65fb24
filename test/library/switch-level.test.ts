import { describe, expect, test } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { createRng } from '../../src/base/rng.ts';
import { evaluateBoolean, parseBoolean } from '../../src/liberty/boolean-expression.ts';
import type { Cell } from '../../src/library/cell.ts';
import { CELLS } from '../../src/library/cells.ts';
import { statesOf } from '../../src/library/states.ts';
import { type NetLevels, settle } from '../../src/library/switch-level.ts';
import { netsOf, type Transistor } from '../../src/library/transistors.ts';

const GATES = CELLS.filter((cell) => cell.flipFlop === undefined);
const FLIP_FLOPS = CELLS.filter((cell) => cell.flipFlop !== undefined);

/** Output values compared and those where the transistors disagree with the Liberty function. */
function compareWithFunction(
  cell: Cell,
  transistors = cell.transistors,
): { compared: number; wrong: number } {
  let [compared, wrong] = [0, 0];
  for (const state of statesOf(cell.inputs)) {
    const levels = settle(transistors, state);
    for (const output of cell.outputs) {
      const expected = evaluateBoolean(parseBoolean(output.function, cell.name), (pin) => state[pin]!) & 1;
      compared++;
      if (levels.get(output.name) !== expected) wrong++;
    }
  }
  return { compared, wrong };
}

/** Edges of a random walk over the pins, and those after which Q or QN is not what a flip-flop's would be. */
function compareWithModel(cell: Cell, transistors = cell.transistors): { compared: number; wrong: number } {
  const rng = createRng(45);
  const pins: Record<string, 0 | 1> = Object.fromEntries(cell.inputs.map((pin) => [pin, 0]));
  let levels: NetLevels = settle(transistors, pins);
  let q: 0 | 1 | 'x' = pins.RN === 0 ? 0 : 'x';
  let [compared, wrong] = [0, 0];
  for (let i = 0; i < 200; i++) {
    const pin = cell.inputs[rng.nextInt(0, cell.inputs.length - 1)]!;
    pins[pin] = pins[pin] === 1 ? 0 : 1;
    levels = settle(transistors, pins, levels);
    if (pin === 'CK' && pins.CK === 1) q = pins.D!;
    if (pins.RN === 0) q = 0;
    if (q === 'x') continue;
    compared++;
    if (levels.get('Q') !== q || levels.get('QN') !== 1 - q) wrong++;
  }
  return { compared, wrong };
}

/** Every netlist in which one transistor has another net of the cell on its gate. */
function gateSwaps(cell: Cell): Transistor[][] {
  return cell.transistors.map((victim, i) => {
    const others = netsOf(cell.transistors).filter(
      (net) => net !== victim.gate && !cell.outputs.some((o) => o.name === net),
    );
    const gate = others.find((net) => cell.inputs.includes(net)) ?? others[0] ?? 'VDD';
    return cell.transistors.map((t, j) => (i === j ? { ...t, gate } : t));
  });
}

function isWrong(cell: Cell, transistors: readonly Transistor[]): boolean {
  try {
    return compareWithModel(cell, transistors).wrong > 0;
  } catch (error) {
    if (error instanceof MaxdnnError) return true; // it oscillates
    throw error;
  }
}

describe('switch level', () => {
  test('transistors of every gate compute its Liberty function in every input state', () => {
    const results = GATES.map((cell) => ({ name: cell.name, ...compareWithFunction(cell) }));
    expect(results.filter((r) => r.wrong > 0)).toEqual([]);
    expect(results).toHaveLength(56);
    expect(results.reduce((sum, r) => sum + r.compared, 0)).toBe(532);
  });

  test('sabotage: another net on the gate of any one transistor is noticed', () => {
    const swaps = GATES.filter((c) => c.inputs.length > 0).flatMap((cell) =>
      gateSwaps(cell).map((transistors, i) => ({
        cell: cell.name,
        i,
        wrong: compareWithFunction(cell, transistors).wrong,
      })),
    );
    expect(swaps.length).toBe(400);
    expect(swaps.filter((s) => s.wrong === 0)).toEqual([]);
  });

  test('flip-flops capture D on the rising clock only, and reset at once', () => {
    const results = FLIP_FLOPS.map((cell) => ({ name: cell.name, ...compareWithModel(cell) }));
    expect(results.map((r) => r.name)).toEqual(['DFFR_X1', 'DFFR_X2', 'DFF_X1', 'DFF_X2']);
    expect(results.filter((r) => r.wrong > 0 || r.compared < 150)).toEqual([]);
  });

  test('sabotage: a wrong gate net in a flip-flop is noticed', () => {
    const [reset, plain] = ['DFFR_X1', 'DFF_X1'].map(
      (name) => FLIP_FLOPS.find((cell) => cell.name === name)!,
    );
    const noticed = [reset!, plain!].flatMap((cell) => gateSwaps(cell).map((swap) => isWrong(cell, swap)));
    expect(noticed).toHaveLength(30 + 26);
    // One transistor of a transmission gate may be lost: the other one still passes both levels at switch level.
    expect(noticed.filter(Boolean).length).toBeGreaterThan(noticed.length - 2 * 8);
  });
});
