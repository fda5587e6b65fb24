import type { ArraySpec } from '../../src/accel/array-spec.ts';
import { renderRegisterHeader } from '../../src/accel/register-header.ts';
import { REGISTERS } from '../../src/accel/registers.ts';

/** A line of the driver's access file and the answer to it: response and data. */
export interface ExpectedAccess {
  readonly access: string;
  readonly answer: string;
}

const OKAY = 0;
const SLAVE_ERROR = 2;

/** Numbers of the C header by macro. */
export function headerNumbers(): ReadonlyMap<string, number> {
  const lines = renderRegisterHeader().matchAll(/^#define (MAXDNN_\w+) (\w+)u$/gm);
  return new Map([...lines].map(([, name, value]) => [name!, Number(value)]));
}

/**
 * Accesses to every register, by the offsets and masks of the C header: values after reset, what can be written, byte
 * strobes, write 1 to clear, refusals, and locked registers while a job waits for a slow memory.
 */
export function expectedAnswers(spec: ArraySpec): readonly ExpectedAccess[] {
  const numbers = headerNumbers();
  const at = (name: string) => {
    const value = numbers.get(`MAXDNN_${name}`);
    if (value === undefined) throw new Error(`the header has no MAXDNN_${name}`);
    return value;
  };
  const list: ExpectedAccess[] = [];
  const answer = (response: number, data = 0) =>
    `${response} 0x${(data >>> 0).toString(16).padStart(8, '0')}`;
  const read = (offset: number, data: number, response = OKAY) =>
    list.push({ access: `r ${offset}`, answer: answer(response, data) });
  const write = (offset: number, data: number, strobes = 15, response = OKAY) =>
    list.push({ access: `w ${offset} ${data >>> 0} ${strobes}`, answer: answer(response) });

  const known = new Map<number, (typeof REGISTERS)[number]>();
  for (const register of REGISTERS) known.set(at(register.name.toUpperCase()), register);
  const maskOf = ({ fields }: (typeof REGISTERS)[number]) =>
    fields.reduce((mask, { bits: [high, low] }) => mask + (2 ** (high - low + 1) - 1) * 2 ** low, 0);
  const constantOf = ({ fields }: (typeof REGISTERS)[number]) =>
    fields.reduce((sum, { value, bits }) => {
      return sum + (typeof value === 'function' ? value(spec) : (value ?? 0)) * 2 ** bits[1];
    }, 0);

  // Counters are memory and hold anything before the first job.
  const steady = [...known].filter(
    ([, { name }]) => !name.startsWith('counter_') || name === 'counter_first',
  );
  for (const [offset, register] of steady) read(offset, constantOf(register));
  for (const offset of [0x024, 0x03c, 0x090, 0x0b8, 0x100, 0xffc]) {
    if (known.has(offset)) throw new Error(`${offset} is a register`);
    read(offset, 0, SLAVE_ERROR);
    write(offset, 0xffffffff, 15, SLAVE_ERROR);
  }
  for (const [offset, register] of known) {
    const { access } = register;
    const mask = maskOf(register);
    if (access === 'constant' || access === 'hardware') {
      write(offset, 0xffffffff, 15, SLAVE_ERROR);
    } else if (access !== 'pulse' && access !== 'sticky') {
      write(offset, 0xffffffff);
      read(offset, mask);
      write(offset, 0, 0b0101);
      read(offset, (mask & 0xff00ff00) >>> 0);
      write(offset, 0x12345678, 0b1010);
      read(offset, (mask & 0x12005600) >>> 0);
      write(offset, 0xdeadbeef);
      read(offset + 3, (mask & 0xdeadbeef) >>> 0);
      write(offset, 0);
      read(offset, 0);
    }
  }
  for (const [offset, register] of steady) read(offset, constantOf(register));

  // A job of no descriptors is done at once.
  const done = at('STATUS_DONE_MASK');
  const event = at('INTERRUPT_STATUS_DONE_EVENT_MASK');
  write(at('CONTROL'), at('CONTROL_START_MASK'), 0b1110);
  read(at('STATUS'), 0);
  write(at('CONTROL'), at('CONTROL_START_MASK'));
  read(at('STATUS'), done);
  read(at('INTERRUPT_STATUS'), event);
  write(at('INTERRUPT_STATUS'), 0xffffffff, 0b1110);
  write(at('INTERRUPT_STATUS'), 0xffffffff ^ event);
  read(at('INTERRUPT_STATUS'), event);
  write(at('INTERRUPT_STATUS'), event);
  read(at('INTERRUPT_STATUS'), 0);
  read(at('STATUS'), done);
  read(at('CONTROL'), 0);

  // A job that waits for its descriptor: locked registers keep their value, the others do not.
  write(at('PROGRAM_BASE_LO'), 0x1000);
  write(at('DESCRIPTOR_COUNT'), 1);
  write(at('CONTROL'), at('CONTROL_START_MASK'));
  read(at('STATUS'), at('STATUS_BUSY_MASK'));
  for (const [offset, { access }] of known)
    if (access === 'locked') write(offset, 0xffffffff, 15, SLAVE_ERROR);
  read(at('PROGRAM_BASE_LO'), 0x1000);
  write(at('INTERRUPT_ENABLE'), at('INTERRUPT_ENABLE_ERROR_ENABLE_MASK'));
  read(at('INTERRUPT_ENABLE'), at('INTERRUPT_ENABLE_ERROR_ENABLE_MASK'));
  write(at('CONTROL'), at('CONTROL_SOFT_RESET_MASK'));
  read(at('STATUS'), at('STATUS_BUSY_MASK') | at('STATUS_RESETTING_MASK'));
  return list;
}
