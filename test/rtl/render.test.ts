import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/multiplier/catalogue.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { renderBank } from '../../src/rtl/bank.ts';
import { generateRtl } from '../../src/rtl/generate.ts';
import { render } from '../../src/rtl/render.ts';

const approved = (name: string) => new URL(`../golden/${name}`, import.meta.url).pathname;

// Together these print every template at least once.
const APPROVED: readonly MultiplierSpec[] = [
  { family: 'roup', bits: 8, P: 1, r: [3, 1, 0] },
  { family: 'baugh-wooley', aBits: 4, bBits: 3, aSigned: true, bSigned: false },
  { family: 'behavioural', aBits: 8, bBits: 8, aSigned: true, bSigned: false },
  { family: 'booth', aBits: 4, bBits: 4, aSigned: true, bSigned: true },
];

describe('approved renderings in test/golden (vitest -u writes them anew: look at the difference)', () => {
  test.each(APPROVED.map((spec) => [designName(spec), spec] as const))('%s', async (name, spec) => {
    await expect(generateRtl(spec).verilog).toMatchFileSnapshot(approved(`${name}.v`));
  });

  test('bank', async () => {
    const designs = APPROVED.map((spec) => ({ design: designName(spec), spec }));
    await expect(renderBank(designs)).toMatchFileSnapshot(approved('bank.v'));
  });
});

test('regeneration is byte-identical and has neither date nor path', () => {
  for (const { spec } of CATALOGUE.slice(0, 6)) {
    const { verilog } = generateRtl(spec);
    expect(generateRtl(spec).verilog).toBe(verilog);
    expect(verilog).not.toMatch(/20\d\d-\d\d|\/(work|home|tmp)\//);
  }
});

describe('a view that lacks a field is refused, not printed as empty text', () => {
  const slot = { index: 0, module: 'm', aTop: 7, bTop: 7, pTop: 15, padding: 48, low: 0, high: 63 };
  const view = { slots: [slot], slotsTop: 127, guardLow: 64, guard: '0' };

  test('complete', () => {
    expect(render('bank.v', view)).toContain('m u_0 (');
  });

  test.each(['slots', 'slotsTop', 'guard'])('without %s', (field) => {
    const { [field as 'guard']: _, ...rest } = view;
    expect(() => render('bank.v', rest)).toThrow(`template bank.v: the view has no field "${field}"`);
  });

  test('inside each', () => {
    const { module: _, ...rest } = slot;
    expect(() => render('bank.v', { ...view, slots: [rest] })).toThrow('the view has no field "module"');
  });

  test('inside if and in a helper argument', () => {
    const base = { header: [], name: 'm', aTop: 1, bTop: 1, pTop: 3, sections: [], unused: [] };
    expect(() => render('multiplier.v', { ...base, product: [] })).toThrow('has no field "hasUnused"');
    expect(() => render('multiplier.v', { ...base, hasUnused: false })).toThrow('has no field "product"');
  });
});
