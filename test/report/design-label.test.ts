import { expect, test } from 'vitest';
import type { MultiplierSpec, TableOperands } from '../../src/multiplier/spec.ts';
import { isFullWidthExact, operandBits } from '../../src/report/baseline.ts';
import { designKind, designLabel, plotLabel } from '../../src/report/design-label.ts';

const table = (operands: TableOperands): MultiplierSpec => ({
  family: 'table',
  name: 'mul8u_2AC',
  operands,
  sha256: 'ab'.repeat(32),
});

test('a truth table has a kind of its own, even an exact one: it is no baseline', () => {
  expect(designKind(table('signed'))).toBe('outside');
  expect(isFullWidthExact(table('signed'))).toBe(false);
  expect(operandBits(table('unsigned'))).toBe(8);
});

test('labels tell a table by its name, and that its sign is put back', () => {
  expect(designLabel(table('unsigned'))).toBe('table mul8u_2AC');
  expect(designLabel(table('sign-magnitude'))).toBe('table mul8u_2AC (sign-magnitude)');
  expect(plotLabel(table('unsigned'), true)).toBe('mul8u_2AC');
});
