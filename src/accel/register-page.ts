import {
  type Access,
  ERROR_CODES,
  IDENTITY,
  INTERFACE_VERSION,
  REGISTER_SPACE_BYTES,
  REGISTERS,
  type Register,
} from './registers.ts';

const ACCESS_WORDS: Readonly<Record<Access, string>> = {
  constant: 'read, fixed',
  hardware: 'read',
  stored: 'read, write',
  locked: 'read, write while not busy',
  enable: 'read, write',
  pulse: 'write 1 to act, reads 0',
  sticky: 'read, write 1 to clear',
};

/** docs/accelerator-registers.md. */
export function renderRegisterPage(registers: readonly Register[] = REGISTERS): string {
  const { major, minor } = INTERFACE_VERSION;
  const lines = [
    '# Registers of the accelerator',
    '',
    '<!-- Generated from src/accel/registers.ts; `npx vitest run test/accel/registers.test.ts -u` writes it anew. -->',
    '',
    `Interface version ${major}.${minor}. AXI4-Lite, 32 bits, ${REGISTER_SPACE_BYTES} bytes of addresses, bits 1:0 of an address are ignored, write`,
    'strobes count. An address without a register, a write to a register that cannot be written and a write to a locked one',
    'while busy are answered with SLVERR and change nothing. All registers that can be written are 0 after reset; a soft reset',
    'clears status and interrupt_status and keeps the rest.',
    '',
    '| offset | register | access | bits | field | meaning |',
    '|---|---|---|---|---|---|',
    ...registers.flatMap(registerRows),
    '',
    `\`identity\` reads 0x${IDENTITY.toString(16)}. \`maxdnn_registers.h\` has all of this as C macros.`,
    '',
    '## Error codes',
    '',
    '| code | name | meaning | error_address |',
    '|---|---|---|---|',
    ...ERROR_CODES.map(
      ({ name, meaning, address }, code) => `| ${code} | ${name} | ${meaning} | ${address} |`,
    ),
    '',
    'The first error of a job counts. The accelerator then finishes what is outstanding on AXI4 (a burst of writes that was',
    'begun is completed, from then on with all strobes 0), resets the core, and only then sets `error_event` and clears `busy`.',
    '',
    '## A job',
    '',
    '1. Check `identity`, `version` and `spec_digest`.',
    '2. Write the bases, `descriptor_first`, `descriptor_count`, and 3 to `interrupt_enable`.',
    '3. Write `start`; wait for `irq_o` or for `busy` to fall.',
    '4. Read `interrupt_status`, write it back; `status` has `done` or `error`.',
    '5. For each descriptor: write `counter_select`, read the counters. The write has to be answered before the read begins.',
    '',
  ];
  return lines.join('\n');
}

function registerRows({ name, offset, access, meaning, fields }: Register): readonly string[] {
  return fields.map(({ name: field, bits: [high, low], meaning: text }, index) => {
    const bits = high === low ? String(high) : `${high}:${low}`;
    const head =
      index === 0
        ? `| 0x${offset.toString(16).padStart(3, '0')} | \`${name}\`: ${meaning} | ${ACCESS_WORDS[access]} |`
        : '| | | |';
    return `${head} ${bits} | \`${field}\` | ${text} |`;
  });
}
