import { badInput } from '../../base/errors.ts';

/** What a pickle may hold here: plain Python data and the constructors of the list below. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Buffer
  | readonly PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleCall
  | PickleName;

/** A constructor, named but never run, e.g. "numpy.dtype". */
export interface PickleName {
  readonly global: string;
}

/** A call of a constructor, recorded but never run, with the state that the pickle gave the result. */
export interface PickleCall {
  readonly call: string;
  readonly arguments: readonly PickleValue[];
  state: PickleValue | undefined;
}

/** The only globals that a pickle may name: those with which numpy describes an array, and Python 3 bytes in protocol 2. */
const GLOBALS: Readonly<Record<string, string>> = {
  'numpy.core.multiarray._reconstruct': 'numpy.reconstruct',
  'numpy._core.multiarray._reconstruct': 'numpy.reconstruct',
  'numpy.ndarray': 'numpy.ndarray',
  'numpy.dtype': 'numpy.dtype',
  '_codecs.encode': 'bytes',
};

const MARK = Symbol('mark');
type StackEntry = PickleValue | typeof MARK;
type MutableList = PickleValue[];

/**
 * Reads a Python pickle of plain data: the opcodes that CIFAR-10's Python batches and Python 3 copies of them use
 * (protocols 2 to 4). Nothing is ever executed: constructors are recorded, and any other one is refused.
 * Source: CPython, Lib/pickletools.py.
 * @param where what to call the pickle in errors
 * @returns strings of Python 2 and bytes as Buffer, texts as string
 * @throws bad-input when it is cut off, or names an opcode or a global that is not among them
 */
export function readPickle(content: Buffer, where: string): PickleValue {
  const stack: StackEntry[] = [];
  const memo = new Map<number, PickleValue>();
  let at = 0;

  const refuse = (offset: number, wanted: string, found: string) =>
    badInput(
      { where: `${where}, byte ${offset}`, wanted, found },
      'The file is cut off or damaged, or it is no CIFAR-10 batch. A pickle may run programs; this one was only read.',
    );
  const take = (count: number): Buffer => {
    if (at + count > content.length) throw refuse(content.length, 'more of the pickle', 'its end');
    at += count;
    return content.subarray(at - count, at);
  };
  const line = (): string => {
    const end = content.indexOf(10, at);
    if (end < 0) throw refuse(content.length, 'more of the pickle', 'its end');
    const text = content.toString('latin1', at, end);
    at = end + 1;
    return text;
  };
  const pop = (): PickleValue => {
    const value = stack.pop();
    if (value === undefined || value === MARK) throw refuse(at - 1, 'an operand', 'an empty stack');
    return value;
  };
  const top = (): PickleValue => {
    const value = stack.at(-1);
    if (value === undefined || value === MARK) throw refuse(at - 1, 'an operand', 'an empty stack');
    return value;
  };
  const sinceMark = (): MutableList => {
    const mark = stack.lastIndexOf(MARK);
    if (mark < 0) throw refuse(at - 1, 'a mark', 'none');
    return stack.splice(mark).slice(1) as MutableList;
  };
  const asList = (value: PickleValue): MutableList => {
    if (Array.isArray(value)) return value as MutableList;
    throw refuse(at - 1, 'a list', 'something else');
  };
  const asMap = (value: PickleValue): Map<PickleValue, PickleValue> => {
    if (value instanceof Map) return value;
    throw refuse(at - 1, 'a dictionary', 'something else');
  };
  const setItems = (items: readonly PickleValue[]): void => {
    const map = asMap(top());
    for (let i = 0; i + 1 < items.length; i += 2) map.set(asKey(items[i]!), items[i + 1]!);
  };
  const pushGlobal = (name: string): void => {
    if (!Object.hasOwn(GLOBALS, name)) {
      throw refuse(at - 1, `only ${Object.keys(GLOBALS).join(', ')}`, `the global ${name}`);
    }
    stack.push({ global: GLOBALS[name]! });
  };
  const recall = (key: number): void => {
    const value = memo.get(key);
    if (value === undefined) throw refuse(at - 1, `a stored value ${key}`, 'none');
    stack.push(value);
  };
  const tuple = (count: number): void => {
    const items = Array.from({ length: count }, pop).reverse();
    stack.push(items);
  };
  const call = (): void => {
    const values = asList(pop());
    const callee = pop();
    if (!isName(callee)) throw refuse(at - 1, 'a constructor', 'something else');
    stack.push(
      callee.global === 'bytes'
        ? latin1(values[0])
        : { call: callee.global, arguments: values, state: undefined },
    );
  };
  const latin1 = (text: PickleValue | undefined): Buffer => {
    if (typeof text !== 'string') throw refuse(at - 1, 'a text to encode', 'something else');
    return Buffer.from(text, 'latin1');
  };

  const append = (items: readonly PickleValue[]): void => {
    const list = asList(top());
    for (const item of items) list.push(item);
  };
  const build = (state: PickleValue): void => {
    const target = top();
    if (!isCall(target)) throw refuse(at - 1, 'a constructed object', 'something else');
    target.state = state;
  };

  const opcodes: ReadonlyMap<number, () => unknown> = new Map<number, () => unknown>([
    [0x80, () => take(1)], // PROTO
    [0x95, () => take(8)], // FRAME
    [0x28, () => stack.push(MARK)],
    [0x7d, () => stack.push(new Map())], // EMPTY_DICT
    [0x5d, () => stack.push([])], // EMPTY_LIST
    [0x29, () => stack.push([])], // EMPTY_TUPLE
    [0x4e, () => stack.push(null)], // NONE
    [0x88, () => stack.push(true)], // NEWTRUE
    [0x89, () => stack.push(false)], // NEWFALSE
    [0x4a, () => stack.push(take(4).readInt32LE())], // BININT
    [0x4b, () => stack.push(take(1)[0]!)], // BININT1
    [0x4d, () => stack.push(take(2).readUInt16LE())], // BININT2
    [0x54, () => stack.push(take(take(4).readUInt32LE()))], // BINSTRING
    [0x55, () => stack.push(take(take(1)[0]!))], // SHORT_BINSTRING
    [0x42, () => stack.push(take(take(4).readUInt32LE()))], // BINBYTES
    [0x43, () => stack.push(take(take(1)[0]!))], // SHORT_BINBYTES
    [0x58, () => stack.push(take(take(4).readUInt32LE()).toString())], // BINUNICODE
    [0x8c, () => stack.push(take(take(1)[0]!).toString())], // SHORT_BINUNICODE
    [0x71, () => memo.set(take(1)[0]!, top())], // BINPUT
    [0x72, () => memo.set(take(4).readUInt32LE(), top())], // LONG_BINPUT
    [0x94, () => memo.set(memo.size, top())], // MEMOIZE
    [0x68, () => recall(take(1)[0]!)], // BINGET
    [0x6a, () => recall(take(4).readUInt32LE())], // LONG_BINGET
    [0x61, () => append([pop()])], // APPEND
    [0x65, () => append(sinceMark())], // APPENDS
    [0x73, () => setItems([pop(), pop()].reverse())], // SETITEM
    [0x75, () => setItems(sinceMark())], // SETITEMS
    [0x74, () => stack.push(sinceMark())], // TUPLE
    [0x85, () => tuple(1)],
    [0x86, () => tuple(2)],
    [0x87, () => tuple(3)],
    [0x63, () => pushGlobal(`${line()}.${line()}`)], // GLOBAL
    [0x93, () => pushGlobal([pop(), pop()].reverse().join('.'))], // STACK_GLOBAL
    [0x52, call], // REDUCE
    [0x62, () => build(pop())], // BUILD
  ]);

  for (;;) {
    const opcode = take(1)[0]!;
    if (opcode === 0x2e) return pop(); // STOP
    const action = opcodes.get(opcode);
    if (action === undefined) throw refuse(at - 1, 'an opcode of plain data', `0x${opcode.toString(16)}`);
    action();
  }
}

/** True for a recorded call. */
export function isCall(value: PickleValue | undefined): value is PickleCall {
  return typeof value === 'object' && value !== null && 'call' in value;
}

/** True for a named constructor. */
export function isName(value: PickleValue | undefined): value is PickleName {
  return typeof value === 'object' && value !== null && 'global' in value;
}

/** Keys of Python 2 (strings) and of Python 3 (texts or bytes) become the same: texts. */
function asKey(key: PickleValue): PickleValue {
  return Buffer.isBuffer(key) ? key.toString('latin1') : key;
}
