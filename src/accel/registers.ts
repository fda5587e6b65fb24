import { canonicalJson } from '../base/artifact.ts';
import { sha256 } from '../base/files.ts';
import type { ArraySpec } from './array-spec.ts';

/**
 * The register map of the accelerator: 32-bit registers behind AXI4-Lite. From this table come `maxdnn_registers`
 * (register-verilog.ts), the C header (register-header.ts) and docs/accelerator-registers.md (register-page.ts).
 */

/**
 * What software may do with a register:
 * constant: read, fixed by the spec; hardware: read; stored: read and write; locked: the same, but a write while
 * busy is refused; enable: stored, gates the interrupt of the same name; pulse: write 1 to act, reads 0; sticky: read, write 1 to clear.
 */
export type Access = 'constant' | 'hardware' | 'stored' | 'locked' | 'enable' | 'pulse' | 'sticky';

export interface RegisterField {
  readonly name: string;
  /** Highest and lowest bit. */
  readonly bits: readonly [number, number];
  /** Value after reset; for a constant its value, which the spec may decide. */
  readonly value?: number | ((spec: ArraySpec) => number);
  readonly meaning: string;
}

export interface Register {
  readonly name: string;
  /** Byte address, multiple of 4. */
  readonly offset: number;
  readonly access: Access;
  readonly meaning: string;
  readonly fields: readonly RegisterField[];
}

/** Bytes of the address range; the accelerator decodes all of these address bits. */
export const REGISTER_SPACE_BYTES = 4096;

/** "MXDN" in the bytes of a little-endian word. */
export const IDENTITY = 0x4e44584d;

/** Version of registers and descriptors: a change of meaning counts the major part up. */
export const INTERFACE_VERSION = { major: 1, minor: 0 } as const;

/** Number of descriptors whose counts are kept. */
export const COUNTER_SLOTS = 256;

/** Why a job ended: field error_code of status. */
export const ERROR_CODES = [
  { name: 'none', meaning: 'no error', address: '0' },
  { name: 'fetch', meaning: 'error response to the fetch of a descriptor', address: 'the beat that failed' },
  { name: 'load', meaning: 'error response to a load', address: 'the beat that failed' },
  { name: 'store', meaning: 'error response to a store', address: 'the burst that failed' },
  {
    name: 'transfer',
    meaning: 'a transfer has an unknown kind, no words, an odd offset, or leaves its memory',
    address: 'number of the transfer, 0 … 3',
  },
  { name: 'fault', meaning: 'the core refused the operation', address: '0' },
] as const;

const ELEMENT_NUMBERS = { static: 0, bank: 1, dynamic: 2 } as const;

/** First 32 bits of the digest of a spec; program and hardware belong together when both have the same. */
export function specDigest(spec: ArraySpec): number {
  return Number.parseInt(sha256(canonicalJson(spec)).slice(0, 8), 16);
}

/** Per-descriptor counts, in the order of their registers. */
export const COUNTERS = [
  { name: 'cycles', meaning: 'from the fetch of the descriptor to the end of all its work' },
  { name: 'active', meaning: 'a position entered the array' },
  { name: 'stall_weights', meaning: 'a pass waited for its weights' },
  { name: 'stall_drain', meaning: 'a pass waited for a bank of the accumulators' },
  { name: 'wait_transfers', meaning: 'nothing was left to compute: fetch, and transfers after computation' },
  { name: 'wait_compute', meaning: 'all transfers were done, the core was not' },
] as const;

/** All registers, by address. */
export const REGISTERS: readonly Register[] = [
  constant('identity', 0x000, 'tells an accelerator of this toolkit', [
    ['identity', 31, 0, () => IDENTITY, 'the bytes M X D N'],
  ]),
  constant('version', 0x004, 'version of registers and descriptors', [
    ['major', 31, 16, () => INTERFACE_VERSION.major, 'changes when old drivers no longer work'],
    ['minor', 15, 0, () => INTERFACE_VERSION.minor, 'changes when something is added'],
  ]),
  constant('array', 0x008, 'size of the array', [
    ['rows', 7, 0, ({ rows }) => rows, 'R, elements along the input channels'],
    ['columns', 15, 8, ({ columns }) => columns, 'C, elements along the filters'],
    ['lanes', 23, 16, ({ lanes }) => lanes, 'L, codes requantised per cycle'],
    ['accumulator_bits', 31, 24, ({ accumulatorBits }) => accumulatorBits, 'width of partial sums'],
  ]),
  constant('tile', 0x00c, 'tiles and multipliers', [
    ['accumulator_depth', 15, 0, ({ accumulatorDepth }) => accumulatorDepth, 'D, output positions per tile'],
    ['multipliers', 23, 16, ({ multipliers }) => multipliers.length, 'number of different multipliers'],
  ]),
  constant('activation_words', 0x010, 'activation memory', [
    ['activation_words', 24, 0, ({ activationWords }) => activationWords, 'words of R bytes'],
  ]),
  constant('weight_words', 0x014, 'weight memory', [
    ['weight_words', 24, 0, ({ weightWords }) => weightWords, 'words of C bytes'],
  ]),
  constant('parameter_words', 0x018, 'parameter memory', [
    ['parameter_words', 24, 0, ({ parameterWords }) => parameterWords, 'words of 8·L bytes'],
  ]),
  constant('capabilities', 0x01c, 'how the accelerator is built', [
    ['elements', 1, 0, ({ elements }) => ELEMENT_NUMBERS[elements], '0 static, 1 bank, 2 dynamic'],
    ['weight_port_b', 4, 4, ({ weightPort }) => Number(weightPort === 'b'), 'weights sit on port b'],
    [
      'product_register',
      5,
      5,
      ({ productRegister }) => Number(productRegister),
      'register after the multiplier',
    ],
    ['zero_gating', 6, 6, ({ zeroGating }) => Number(zeroGating), 'elements with weight 0 stand still'],
    ['address_bits', 15, 8, ({ addressBits }) => addressBits, 'width of addresses on AXI4'],
    ['counter_slots', 31, 16, () => COUNTER_SLOTS, 'descriptors whose counts are kept'],
  ]),
  constant('spec_digest', 0x020, 'which spec the accelerator was made from', [
    ['spec_digest', 31, 0, specDigest, 'first 32 bits of the SHA-256 of its canonical JSON'],
  ]),
  register('control', 0x040, 'pulse', 'starts and stops', [
    ['start', 0, 0, 'begin a job; ignored while busy'],
    ['soft_reset', 1, 1, 'give up the job, wait for AXI4, reset the core, clear status and interrupts'],
  ]),
  register('status', 0x044, 'hardware', 'what goes on', [
    ['busy', 0, 0, 'a job or a soft reset is going on'],
    ['done', 1, 1, 'the last job ended well; cleared by start'],
    ['error', 2, 2, 'the last job ended with an error; cleared by start'],
    ['resetting', 3, 3, 'waiting for outstanding AXI4 transfers, resetting the core'],
    ['error_code', 7, 4, 'see the table of error codes'],
    ['descriptor', 31, 16, 'number of the descriptor, or of the last one'],
  ]),
  register('interrupt_enable', 0x048, 'enable', 'which bits of interrupt_status raise irq_o', [
    ['done_enable', 0, 0, 'end of a job'],
    ['error_enable', 1, 1, 'error'],
  ]),
  register('interrupt_status', 0x04c, 'sticky', 'what has happened', [
    ['done_event', 0, 0, 'a job ended well'],
    ['error_event', 1, 1, 'a job ended with an error and everything is at rest again'],
  ]),
  register('descriptor_first', 0x050, 'locked', 'where a job begins', [
    ['descriptor_first', 15, 0, 'number of its first descriptor, counted from the program base'],
  ]),
  register('descriptor_count', 0x054, 'locked', 'how long a job is', [
    ['descriptor_count', 15, 0, 'descriptors; with 0 a job is done at once'],
  ]),
  register('counter_first', 0x058, 'locked', 'whose counts are kept', [
    ['counter_first', 15, 0, 'number of the descriptor that slot 0 belongs to'],
  ]),
  register('counter_select', 0x05c, 'stored', 'whose counts the counter registers show', [
    ['counter_select', 7, 0, 'slot: number of the descriptor minus counter_first'],
  ]),
  ...base('program', 0x060, 'descriptors, weights, parameters'),
  ...base('input', 0x068, 'input of the image'),
  ...base('output', 0x070, 'results'),
  ...base('scratch', 0x078, 'whatever the program puts aside'),
  register('error_address_lo', 0x080, 'hardware', 'where the error was, low half', [
    ['error_address_lo', 31, 0, 'see the table of error codes'],
  ]),
  register('error_address_hi', 0x084, 'hardware', 'where the error was, high half', [
    ['error_address_hi', 31, 0, 'high half'],
  ]),
  register('total_cycles_lo', 0x088, 'hardware', 'clock cycles of the job, low half', [
    ['total_cycles_lo', 31, 0, 'steady when not busy'],
  ]),
  register('total_cycles_hi', 0x08c, 'hardware', 'clock cycles of the job, high half', [
    ['total_cycles_hi', 31, 0, 'high half'],
  ]),
  ...COUNTERS.map(({ name, meaning }, index) =>
    register(`counter_${name}`, 0x0a0 + 4 * index, 'hardware', `cycles of the selected descriptor`, [
      [`counter_${name}`, 31, 0, meaning],
    ]),
  ),
];

type FieldRow = readonly [name: string, high: number, low: number, meaning: string];
type ConstantRow = readonly [
  name: string,
  high: number,
  low: number,
  value: (spec: ArraySpec) => number,
  meaning: string,
];

function register(
  name: string,
  offset: number,
  access: Access,
  meaning: string,
  rows: readonly FieldRow[],
): Register {
  const fields = rows.map(([field, high, low, text]) => ({
    name: field,
    bits: [high, low] as const,
    meaning: text,
  }));
  return { name, offset, access, meaning, fields };
}

function constant(name: string, offset: number, meaning: string, rows: readonly ConstantRow[]): Register {
  const fields = rows.map(([field, high, low, value, text]) => ({
    name: field,
    bits: [high, low] as const,
    value,
    meaning: text,
  }));
  return { name, offset, access: 'constant', meaning, fields };
}

/** A 64-bit base address; bits 2:0 are always 0. */
function base(name: string, offset: number, what: string): readonly Register[] {
  return [
    register(`${name}_base_lo`, offset, 'locked', `base address of ${what}, low half`, [
      [`${name}_base_lo`, 31, 3, 'bits 31:3; bits 2:0 are 0'],
    ]),
    register(`${name}_base_hi`, offset + 4, 'locked', `base address of ${what}, high half`, [
      [`${name}_base_hi`, 31, 0, 'bits 63:32'],
    ]),
  ];
}
