/**
 * Layout of a descriptor: 64 little-endian 32-bit words, one field per word. From this table come the compiler's
 * encoder, the Verilog localparams, the C header and the documentation.
 */
export const DESCRIPTOR_WORDS = 64;

/** What a descriptor computes. */
export const OPERATIONS = ['none', 'conv', 'add', 'pool', 'fill'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Where a transfer's bytes lie locally, and its direction. */
export const TRANSFERS = [
  'none',
  'loadActivations',
  'loadWeights',
  'loadParameters',
  'storeActivations',
] as const;
export type Transfer = (typeof TRANSFERS)[number];

/** Base registers that an external offset is added to. */
export const BASES = ['program', 'input', 'output', 'scratch'] as const;
export type Base = (typeof BASES)[number];

export interface DescriptorField {
  readonly name: string;
  /** Bits that hardware looks at, from bit 0. */
  readonly bits: number;
  readonly signed?: boolean;
  readonly meaning: string;
}

/** Fields of the compute step, in the order of their words, from word 0. */
export const COMPUTE_FIELDS = [
  { name: 'operation', bits: 3, meaning: 'none, conv, add, pool, fill' },
  { name: 'layer', bits: 16, meaning: 'number of the layer, for counters and listings' },
  { name: 'wide', bits: 1, meaning: 'conv: int32 results, 4 bytes each, instead of codes' },
  { name: 'maximum', bits: 1, meaning: 'pool: largest code of the window instead of the rescaled sum' },
  { name: 'inputBase', bits: 24, meaning: 'first word of the (first) input' },
  { name: 'secondBase', bits: 24, meaning: 'add: first word of the second input' },
  { name: 'outputBase', bits: 24, meaning: 'first word of the output' },
  { name: 'inputHeight', bits: 16, meaning: 'rows of the input; conv: rows outside read inputZero' },
  { name: 'inputWidth', bits: 16, meaning: 'pixels in a row of the input' },
  { name: 'inputPitch', bits: 16, meaning: 'words from pixel to pixel of the input(s)' },
  { name: 'inputRowPitch', bits: 24, meaning: 'words from row to row of the input(s)' },
  { name: 'outputHeight', bits: 16, meaning: 'rows to produce' },
  { name: 'outputWidth', bits: 16, meaning: 'pixels to produce in a row' },
  { name: 'outputPitch', bits: 16, meaning: 'words from pixel to pixel of the output' },
  { name: 'outputRowPitch', bits: 24, meaning: 'words from row to row of the output' },
  { name: 'kernelHeight', bits: 8, meaning: 'pool: rows of the window' },
  { name: 'kernelWidth', bits: 8, meaning: 'pool: columns of the window' },
  { name: 'strideY', bits: 8, meaning: 'conv, pool: rows of the input from output row to output row' },
  { name: 'strideX', bits: 8, meaning: 'conv, pool: the same for columns' },
  { name: 'padTop', bits: 8, meaning: 'conv: rows of padding above' },
  { name: 'padLeft', bits: 8, meaning: 'conv: columns of padding on the left' },
  { name: 'inputZero', bits: 8, signed: true, meaning: 'zero point of the (first) input' },
  { name: 'secondZero', bits: 8, signed: true, meaning: 'add: zero point of the second input' },
  { name: 'outputZero', bits: 8, signed: true, meaning: 'zero point of the output; fill: the code to write' },
  { name: 'low', bits: 32, signed: true, meaning: 'smallest code' },
  { name: 'high', bits: 32, signed: true, meaning: 'largest code' },
  {
    name: 'channels',
    bits: 16,
    meaning:
      'conv: filters of this descriptor; add, pool: channels; a multiple of L or the last group has unused lanes',
  },
  {
    name: 'inputChannel',
    bits: 16,
    meaning: 'add, pool: first channel to read, counted from inputBase (and secondBase), multiple of L',
  },
  {
    name: 'outputChannel',
    bits: 16,
    meaning: 'first channel to write, counted from outputBase, multiple of L',
  },
  { name: 'weightBase', bits: 24, meaning: 'conv: first weight word' },
  { name: 'parameterBase', bits: 24, meaning: 'conv: first parameter word' },
  { name: 'factorA', bits: 16, meaning: 'add: factor of the first input; pool: multiplier' },
  { name: 'factorB', bits: 16, meaning: 'add: factor of the second input' },
  { name: 'shift', bits: 6, meaning: 'add, pool: right shift, 1 … 46' },
  { name: 'fillWords', bits: 24, meaning: 'fill: words to write, all bytes' },
] as const satisfies readonly DescriptorField[];

export type ComputeFieldName = (typeof COMPUTE_FIELDS)[number]['name'];

/** Word of the first transfer; each has TRANSFER_FIELDS.length words. */
export const FIRST_TRANSFER_WORD = 40;
export const TRANSFERS_PER_DESCRIPTOR = 4;

/** Words of a transfer. */
export const TRANSFER_FIELDS = [
  {
    name: 'kind',
    bits: 6,
    meaning:
      'bits 2:0 none, load activations, load weights, load parameters, store activations; bits 5:4 base: program, input, output, scratch',
  },
  { name: 'offset', bits: 32, meaning: 'bytes from the base, multiple of 8' },
  { name: 'local', bits: 24, meaning: 'first word in the local memory' },
  { name: 'words', bits: 24, meaning: 'local words to move, at least 1' },
] as const satisfies readonly DescriptorField[];

/** Fields that no hardware reads: they are for listings. */
export const LISTING_FIELDS: readonly string[] = ['layer' satisfies ComputeFieldName];

/** Bits of a descriptor that hardware reads, as hexadecimal digits from the highest. */
export function descriptorBitsUsed(): string {
  const words = new Array<number>(DESCRIPTOR_WORDS).fill(0);
  for (const [word, { name, bits }] of COMPUTE_FIELDS.entries()) {
    if (!LISTING_FIELDS.includes(name)) words[word] = 2 ** bits - 1;
  }
  for (let transfer = 0; transfer < TRANSFERS_PER_DESCRIPTOR; transfer++) {
    for (const [place, { bits }] of TRANSFER_FIELDS.entries()) {
      words[FIRST_TRANSFER_WORD + transfer * TRANSFER_FIELDS.length + place] = 2 ** bits - 1;
    }
  }
  return words
    .map((word) => word.toString(16).padStart(8, '0'))
    .reverse()
    .join('');
}
