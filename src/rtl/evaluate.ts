import { allCells, type Bit, type Cell, type CellList, ONE, portBits, ZERO } from './cells.ts';

/**
 * Evaluates a cell list for many operand pairs at once, 32 pairs per machine word.
 * @param aPatterns operand bit patterns on a_i (unsigned), one per pair
 * @param bPatterns operand bit patterns on b_i, as many
 * @returns product bit patterns (unsigned, 0 … 2^pBits − 1; pBits ≤ 48), one per pair
 */
export function evaluateCells(list: CellList, aPatterns: Uint32Array, bPatterns: Uint32Array): Float64Array {
  const pairs = aPatterns.length;
  const words = Math.ceil(pairs / 32);
  const signals = new Map<Bit, Int32Array>([
    [ZERO, new Int32Array(words)],
    [ONE, new Int32Array(words).fill(-1)],
  ]);
  packPort(signals, 'a_i', list.shape.aBits, aPatterns, words);
  packPort(signals, 'b_i', list.shape.bBits, bPatterns, words);
  const read = (bit: Bit): Int32Array => {
    const values = signals.get(bit);
    if (values === undefined) throw new Error(`${list.name}: signal ${bit} is read before it is driven`);
    return values;
  };
  const drive = (bit: Bit, f: (word: number) => number): void => {
    const values = new Int32Array(words);
    for (let word = 0; word < words; word++) values[word] = f(word);
    signals.set(bit, values);
  };
  for (const cell of allCells(list)) evaluateCell(cell, read, drive, words);

  const products = new Float64Array(pairs);
  list.product.forEach((bit, column) => {
    const values = read(bit);
    const weight = 2 ** column;
    for (let pair = 0; pair < pairs; pair++) {
      if ((values[pair >> 5]! >>> (pair & 31)) & 1) products[pair]! += weight;
    }
  });
  return products;
}

function packPort(
  signals: Map<Bit, Int32Array>,
  port: string,
  width: number,
  patterns: Uint32Array,
  words: number,
): void {
  for (const [index, bit] of portBits(port, width).entries()) {
    const packed = new Int32Array(words);
    for (let pair = 0; pair < patterns.length; pair++) {
      packed[pair >> 5]! |= ((patterns[pair]! >>> index) & 1) << (pair & 31);
    }
    signals.set(bit, packed);
  }
}

type Read = (bit: Bit) => Int32Array;
type Drive = (bit: Bit, f: (word: number) => number) => void;

function evaluateCell(cell: Cell, read: Read, drive: Drive, words: number): void {
  switch (cell.kind) {
    case 'booth-digit': {
      const [hi, mid, lo] = [read(cell.hi), read(cell.mid), read(cell.lo)];
      drive(cell.neg, (w) => hi[w]!);
      drive(cell.one, (w) => mid[w]! ^ lo[w]!);
      drive(cell.two, (w) => (hi[w]! ^ mid[w]!) & ~(mid[w]! ^ lo[w]!));
      return;
    }
    case 'booth-bit': {
      const [one, x, two, y, neg] = [
        read(cell.one),
        read(cell.x),
        read(cell.two),
        read(cell.y),
        read(cell.neg),
      ];
      drive(cell.out, (w) => ((one[w]! & x[w]!) | (two[w]! & y[w]!)) ^ neg[w]!);
      return;
    }
    case 'booth-correction': {
      const [one, two, neg, round] = [read(cell.one), read(cell.two), read(cell.neg), read(cell.round)];
      drive(cell.out, (w) => neg[w]! ^ (round[w]! & (one[w]! | two[w]!)));
      return;
    }
    case 'final-adder':
      evaluateAdder(cell, read, drive, words);
      return;
    case 'behavioural':
      evaluateProduct(cell, read, drive, words);
      return;
    default:
      evaluateGate(cell, read, drive);
  }
}

type GateKind = 'and' | 'nand' | 'not' | 'half-adder' | 'full-adder' | 'xor2' | 'xor3';
type Gate = Extract<Cell, { kind: GateKind }>;
type GateOutput = readonly [Bit, (a: number, b: number, c: number) => number];

function evaluateGate(cell: Gate, read: Read, drive: Drive): void {
  const a = read(cell.a);
  const b = 'b' in cell ? read(cell.b) : a;
  const c = 'c' in cell ? read(cell.c) : a;
  for (const [out, f] of gateOutputs(cell)) drive(out, (w) => f(a[w]!, b[w]!, c[w]!));
}

function gateOutputs(cell: Gate): readonly GateOutput[] {
  switch (cell.kind) {
    case 'not':
      return [[cell.out, (a) => ~a]];
    case 'and':
      return [[cell.out, (a, b) => a & b]];
    case 'nand':
      return [[cell.out, (a, b) => ~(a & b)]];
    case 'xor2':
      return [[cell.sum, (a, b) => a ^ b]];
    case 'xor3':
      return [[cell.sum, (a, b, c) => a ^ b ^ c]];
    case 'half-adder':
      return [
        [cell.sum, (a, b) => a ^ b],
        [cell.carry, (a, b) => a & b],
      ];
    case 'full-adder':
      return [
        [cell.sum, (a, b, c) => a ^ b ^ c],
        [cell.carry, majority],
      ];
  }
}

function evaluateAdder(
  cell: Extract<Cell, { kind: 'final-adder' }>,
  read: Read,
  drive: Drive,
  words: number,
): void {
  const carry = new Int32Array(words);
  cell.x.forEach((xBit, index) => {
    const x = read(xBit);
    const y = read(cell.y[index]!);
    drive(`${cell.sum}[${index}]`, (w) => {
      const sum = x[w]! ^ y[w]! ^ carry[w]!;
      carry[w] = majority(x[w]!, y[w]!, carry[w]!);
      return sum;
    });
  });
}

function evaluateProduct(
  cell: Extract<Cell, { kind: 'behavioural' }>,
  read: Read,
  drive: Drive,
  words: number,
): void {
  const { aBits, bBits, pBits, aSigned, bSigned } = cell.shape;
  const operand = (port: string, bits: number, signed: boolean, lane: number): bigint => {
    let value = 0n;
    for (const [index, bit] of portBits(port, bits).entries()) {
      value |= BigInt((read(bit)[lane >> 5]! >>> (lane & 31)) & 1) << BigInt(index);
    }
    return signed ? BigInt.asIntN(bits, value) : value;
  };
  const products = Array.from({ length: words * 32 }, (_, lane) =>
    BigInt.asUintN(pBits, operand('a_i', aBits, aSigned, lane) * operand('b_i', bBits, bSigned, lane)),
  );
  for (const [index, bit] of portBits(cell.product, pBits).entries()) {
    drive(bit, (w) => {
      let word = 0;
      for (let lane = 0; lane < 32; lane++) {
        word |= Number((products[w * 32 + lane]! >> BigInt(index)) & 1n) << lane;
      }
      return word;
    });
  }
}

function majority(a: number, b: number, c: number): number {
  return (a & b) | (c & (a | b));
}
