import type { ArraySpec } from '../../src/accel/array-spec.ts';
import { ADDRESSES } from './accelerator-bench.ts';
import { encodeDescriptor, externalBytes, type TestDescriptor, type TestProgram } from './random-program.ts';

/** An access of a program that may be answered with an error, and what must be reported then. */
export interface PlannedFault {
  readonly inject: readonly [kind: string, address: string];
  readonly code: 'fetch' | 'load' | 'store';
  readonly descriptor: number;
  readonly address: number;
}

/**
 * One fault of each kind that the program allows, at a place that `pick` (0 … 1) chooses: in the fetch of a
 * descriptor, in a load, in a store. The first access that touches the address is the one that fails.
 */
export function plannedFaults(
  spec: ArraySpec,
  program: TestProgram,
  pick: () => number,
): readonly PlannedFault[] {
  const base = (name: string) => Number(ADDRESSES[`${name}_base` as keyof typeof ADDRESSES]);
  const place = Math.floor(pick() * program.descriptors.length * 32);
  const fetchAddress = base('program') + 8 * place;
  const faults: PlannedFault[] = [
    {
      inject: ['read_address', hex(fetchAddress)],
      code: 'fetch',
      descriptor: Math.floor(place / 32),
      address: fetchAddress,
    },
  ];
  const moves = program.descriptors.flatMap(({ transfers }, descriptor) =>
    transfers
      .filter(({ kind }) => kind !== 'none')
      .map((transfer) => ({
        descriptor,
        isStore: transfer.kind === 'storeActivations',
        start: base(transfer.base) + transfer.offset,
        bytes: transfer.words * externalBytes(spec, transfer.kind),
      })),
  );
  for (const isStore of [false, true]) {
    const all = moves.filter((move) => move.isStore === isStore);
    const chosen = all[Math.floor(pick() * all.length)];
    if (chosen === undefined) continue;
    const address = chosen.start + 8 * Math.floor((pick() * chosen.bytes) / 8);
    const first = all.find(({ start, bytes }) => address >= start && address < start + bytes)!;
    const burst = Math.max(first.start, Math.floor(address / 128) * 128);
    faults.push({
      inject: [isStore ? 'write_address' : 'read_address', hex(address)],
      code: isStore ? 'store' : 'load',
      descriptor: first.descriptor,
      address: isStore ? burst : address,
    });
  }
  return faults;
}

/** The program with one descriptor replaced. */
export function withDescriptor(program: TestProgram, index: number, descriptor: TestDescriptor): TestProgram {
  const bytes = program.bytes.slice();
  bytes.set(encodeDescriptor(descriptor), 256 * index);
  return { ...program, bytes };
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
