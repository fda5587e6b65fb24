import { fromPattern, maxValue, minValue, toPattern } from '../base/bits.ts';
import { badInput, type Fault, MaxdnnError } from '../base/errors.ts';
import {
  BASES,
  type Base,
  COMPUTE_FIELDS,
  type ComputeFieldName,
  DESCRIPTOR_WORDS,
  type DescriptorField,
  FIRST_TRANSFER_WORD,
  OPERATIONS,
  type Operation,
  TRANSFER_FIELDS,
  TRANSFERS,
  TRANSFERS_PER_DESCRIPTOR,
  type Transfer,
} from './descriptor.ts';

export const DESCRIPTOR_BYTES = 4 * DESCRIPTOR_WORDS;

/** Fields of a compute step but for the operation; units and ranges in descriptor.ts. */
export type ComputeNumbers = Readonly<Record<Exclude<ComputeFieldName, 'operation'>, number>>;

/** What a descriptor computes. */
export interface ComputeStep extends ComputeNumbers {
  readonly operation: Operation;
}

/** One transfer of a descriptor. */
export interface TransferStep {
  readonly kind: Exclude<Transfer, 'none'>;
  readonly base: Base;
  /** Bytes from the base, a multiple of 8. */
  readonly offset: number;
  /** First local word. */
  readonly local: number;
  /** Local words, at least 1. */
  readonly words: number;
}

export interface Descriptor {
  readonly compute: ComputeStep;
  /** At most four. */
  readonly transfers: readonly TransferStep[];
}

const NUMBER_FIELDS = COMPUTE_FIELDS.filter(({ name }) => name !== 'operation');

/** A compute step whose fields are 0 but for those given. */
export function computeStep(
  operation: Operation,
  fields: Partial<Readonly<Record<Exclude<ComputeFieldName, 'operation'>, number>>> = {},
): ComputeStep {
  const zeros = Object.fromEntries(NUMBER_FIELDS.map(({ name }) => [name, 0])) as unknown as ComputeNumbers;
  return { ...zeros, ...fields, operation };
}

/**
 * The 64 words of a descriptor, little-endian.
 * @param where what the descriptor is called in errors
 * @throws bad-input when a field does not fit its bits
 */
export function encodeDescriptor({ compute, transfers }: Descriptor, where: string): Uint8Array {
  const bytes = new Uint8Array(DESCRIPTOR_BYTES);
  const view = new DataView(bytes.buffer);
  const faults: Fault[] = [];
  const put = (word: number, field: DescriptorField, value: number): void => {
    const [low, high] = [minValue(field.bits, isSigned(field)), maxValue(field.bits, isSigned(field))];
    if (!(Number.isInteger(value) && value >= low && value <= high)) {
      faults.push({ where: `${where}: ${field.name}`, wanted: `${low} … ${high}`, found: String(value) });
      return;
    }
    view.setUint32(4 * word, toPattern(value, 32), true);
  };
  for (const [word, field] of COMPUTE_FIELDS.entries()) {
    put(
      word,
      field,
      field.name === 'operation' ? OPERATIONS.indexOf(compute.operation) : compute[field.name],
    );
  }
  if (transfers.length > TRANSFERS_PER_DESCRIPTOR) {
    throw new MaxdnnError('internal', `${where} has ${transfers.length} transfers`);
  }
  for (const [index, { kind, base, offset, local, words }] of transfers.entries()) {
    const values = [TRANSFERS.indexOf(kind) + 16 * BASES.indexOf(base), offset, local, words];
    for (const [at, field] of TRANSFER_FIELDS.entries()) {
      put(transferWord(index) + at, field, values[at]!);
    }
  }
  if (faults.length > 0) throw badInput(faults, 'The layer is too large for one descriptor.');
  return bytes;
}

/**
 * The descriptor that 256 bytes stand for; bits that hardware does not look at are ignored.
 * @throws bad-input for an operation or transfer that is none
 */
export function decodeDescriptor(bytes: Uint8Array, where: string): Descriptor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, DESCRIPTOR_BYTES);
  const read = (word: number, field: DescriptorField): number =>
    fromPattern(view.getUint32(4 * word, true), field.bits, isSigned(field));
  const operation = OPERATIONS[read(0, COMPUTE_FIELDS[0])];
  if (operation === undefined) throw damaged(where, 'operation', read(0, COMPUTE_FIELDS[0]));
  const fields = Object.fromEntries(
    COMPUTE_FIELDS.flatMap((field, word) =>
      field.name === 'operation' ? [] : [[field.name, read(word, field)]],
    ),
  ) as unknown as ComputeNumbers;
  const transfers: TransferStep[] = [];
  for (let index = 0; index < TRANSFERS_PER_DESCRIPTOR; index++) {
    const [code, offset, local, words] = TRANSFER_FIELDS.map((field, at) =>
      read(transferWord(index) + at, field),
    ) as [number, number, number, number];
    const kind = TRANSFERS[code & 7];
    if (kind === undefined) throw damaged(where, `transfer ${index}`, code);
    if (kind !== 'none') transfers.push({ kind, base: BASES[code >> 4]!, offset, local, words });
  }
  return { compute: { ...fields, operation }, transfers };
}

function transferWord(index: number): number {
  return FIRST_TRANSFER_WORD + index * TRANSFER_FIELDS.length;
}

function isSigned(field: DescriptorField): boolean {
  return field.signed === true;
}

function damaged(where: string, what: string, found: number): MaxdnnError {
  return badInput({ where, wanted: `a known ${what}`, found: String(found) }, 'The program is damaged.');
}
