import { describe, expect, test } from 'vitest';
import { COMPUTE_FIELDS, FIRST_TRANSFER_WORD, TRANSFER_FIELDS } from '../../src/accel/descriptor.ts';
import { renderRegisterPage } from '../../src/accel/register-page.ts';
import { registerPorts, renderRegisters } from '../../src/accel/register-verilog.ts';
import {
  IDENTITY,
  REGISTER_SPACE_BYTES,
  REGISTERS,
  type Register,
  specDigest,
} from '../../src/accel/registers.ts';
import { TEST_SPEC } from './accelerator-bench.ts';
import { headerNumbers } from './register-accesses.ts';

describe('register map', () => {
  test('no register or field overlaps another, all fit, names are unique', () => {
    expect(faults(REGISTERS)).toEqual([]);
    expect(REGISTERS.length).toBeGreaterThan(30);
  });

  test('sabotage: overlaps are noticed', () => {
    const [first, second, ...rest] = REGISTERS as [Register, Register, ...Register[]];
    expect(faults([first, { ...second, offset: first.offset }, ...rest])).toEqual([
      'version: offset taken by identity',
    ]);
    const [field] = first.fields;
    expect(faults([{ ...first, fields: [field!, { ...field!, name: 'x' }] }, second])).toEqual([
      'identity.x: bits taken',
    ]);
    expect(faults([first, { ...second, fields: [{ ...field!, name: 'y', bits: [32, 0] }] }])).toEqual([
      'version.y: bits 32:0',
    ]);
    expect(faults([first, { ...first, offset: 4 }])).toEqual([
      'identity: name taken',
      'identity.identity: name taken',
    ]);
  });

  test('identity is the letters MXDN, the digest depends on the spec', () => {
    expect(Buffer.from(Uint32Array.of(IDENTITY).buffer).toString('latin1')).toBe('MXDN');
    expect(specDigest(TEST_SPEC)).toBe(specDigest({ ...TEST_SPEC }));
    expect(specDigest({ ...TEST_SPEC, rows: 4 })).not.toBe(specDigest(TEST_SPEC));
  });

  test('the C header has each register, field and descriptor word once', () => {
    const numbers = headerNumbers();
    for (const { name, offset, fields } of REGISTERS) {
      expect(numbers.get(`MAXDNN_${name.toUpperCase()}`)).toBe(offset);
      for (const { name: field, bits } of fields) {
        if (field === name) continue;
        expect(numbers.get(`MAXDNN_${name}_${field}_BIT`.toUpperCase())).toBe(bits[1]);
      }
    }
    COMPUTE_FIELDS.forEach(({ name }, word) => {
      const macro = name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
      expect(numbers.get(`MAXDNN_WORD_${macro}`)).toBe(word);
    });
    expect(numbers.get('MAXDNN_FIRST_TRANSFER_WORD')).toBe(FIRST_TRANSFER_WORD);
    expect(numbers.get('MAXDNN_TRANSFER_WORDS')).toBe(TRANSFER_FIELDS.length);
  });

  test('the same spec gives the same Verilog, every field that software writes has its port', () => {
    const verilog = renderRegisters(TEST_SPEC);
    expect(renderRegisters(TEST_SPEC)).toBe(verilog);
    const ports = registerPorts().map(({ port }) => port);
    expect(new Set(ports).size).toBe(ports.length);
    for (const port of ports) expect(verilog).toMatch(new RegExp(` ${port},$`, 'm'));
  });

  test('docs/accelerator-registers.md is up to date', async () => {
    await expect(renderRegisterPage()).toMatchFileSnapshot('../../docs/accelerator-registers.md');
  });
});

/** What is wrong with a register map. */
function faults(registers: readonly Register[]): readonly string[] {
  const found: string[] = [];
  const offsets = new Map<number, string>();
  const names = new Set<string>();
  const fieldNames = new Set<string>();
  for (const { name, offset, fields } of registers) {
    if (offset % 4 !== 0 || offset < 0 || offset >= REGISTER_SPACE_BYTES)
      found.push(`${name}: offset ${offset}`);
    if (offsets.has(offset)) found.push(`${name}: offset taken by ${offsets.get(offset)}`);
    offsets.set(offset, name);
    if (names.has(name)) found.push(`${name}: name taken`);
    names.add(name);
    let used = 0n;
    for (const { name: field, bits } of fields) {
      const [high, low] = bits;
      if (high < low || low < 0 || high > 31) {
        found.push(`${name}.${field}: bits ${high}:${low}`);
        continue;
      }
      const mask = ((1n << BigInt(high - low + 1)) - 1n) << BigInt(low);
      if ((used & mask) !== 0n) found.push(`${name}.${field}: bits taken`);
      used |= mask;
      if (fieldNames.has(field)) found.push(`${name}.${field}: name taken`);
      fieldNames.add(field);
    }
  }
  return found;
}
