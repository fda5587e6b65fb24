import type { Cell } from './cell.ts';
import { type Level, settle } from './switch-level.ts';

/** Levels of some pins. */
export type State = Readonly<Record<string, 0 | 1>>;

/** All 2^n assignments of levels to pins, the last pin changing fastest. */
export function statesOf(pins: readonly string[]): State[] {
  return Array.from({ length: 2 ** pins.length }, (_, code) =>
    Object.fromEntries(pins.map((pin, i) => [pin, ((code >> (pins.length - 1 - i)) & 1) as 0 | 1])),
  );
}

/** A state as a Liberty condition, e.g. "A & !B"; empty for no pins. */
export function conditionOf(state: State): string {
  return Object.entries(state)
    .map(([pin, level]) => (level === 1 ? pin : `!${pin}`))
    .join(' & ');
}

/** Levels of the outputs of a combinational cell, from its transistors. */
export function outputLevels(cell: Cell, inputs: State): Record<string, Level> {
  const levels = settle(cell.transistors, inputs);
  return Object.fromEntries(cell.outputs.map(({ name }) => [name, levels.get(name)!]));
}

/** A way to make outputs of a combinational cell change by changing one input. */
export interface Sensitisation {
  readonly pin: string;
  /** Levels of the other inputs. */
  readonly others: State;
  /** Outputs that change, with their level after the pin has *risen*. */
  readonly outputs: Readonly<Record<string, 0 | 1>>;
}

/** Every (pin, state of the other pins) in which some output follows the pin; found on the transistors. */
export function sensitisations(cell: Cell): Sensitisation[] {
  return cell.inputs.flatMap((pin) =>
    statesOf(cell.inputs.filter((other) => other !== pin)).flatMap((others) => {
      const low = outputLevels(cell, { ...others, [pin]: 0 });
      const high = outputLevels(cell, { ...others, [pin]: 1 });
      const outputs = Object.fromEntries(
        Object.entries(high).filter(([name, level]) => level !== 'x' && level !== low[name]),
      ) as Record<string, 0 | 1>;
      return Object.keys(outputs).length === 0 ? [] : [{ pin, others, outputs }];
    }),
  );
}
