import { describe, expect, test } from 'vitest';
import { parseLiberty } from '../../src/liberty/read-liberty.ts';
import { boxAdders, findAdderCells, unboxAdders, withoutAdders } from '../../src/synth/adder-cells.ts';
import { blifText, parseBlif } from '../../src/synth/blif.ts';
import { netlistOf, netlistVerilog } from '../../src/synth/mapped-netlist.ts';

const pin = (name: string): string => `pin (${name}) { direction : input; capacitance : 1; }`;
const output = (name: string, logic: string): string =>
  `pin (${name}) { direction : output; function : "${logic}"; }`;
const cell = (name: string, area: number, ...body: string[]): string =>
  `cell (${name}) { area : ${area}; ${body.join(' ')} }\n`;

/** Cells under names that say nothing; the smallest of each kind that may be used is K3 and K5. */
const LIBRARY = parseLiberty(
  `library (tiny) {
  time_unit : "1ns"; voltage_unit : "1V"; capacitive_load_unit (1, ff); leakage_power_unit : "1nW";
  nom_voltage : 1.1; nom_temperature : 25;
  ${cell('K1', 9, pin('X'), pin('Y'), pin('Z'), output('P', 'X^Y^Z'), output('Q', 'X*Y+Y*Z+X*Z'))}
  ${cell('K2', 1, pin('X'), pin('Y'), pin('Z'), output('P', 'X^Y^Z'), output('Q', 'X*Y*Z'))}
  ${cell('K3', 5, pin('X'), pin('Y'), pin('Z'), output('Q', '(X&Y)|(Z&(X|Y))'), output('P', '!(X^Y)^!Z'))}
  ${cell('K4', 2, 'dont_use : true;', pin('X'), pin('Y'), pin('Z'), output('P', 'X^Y^Z'), output('Q', 'X*Y+Y*Z+X*Z'))}
  ${cell('K5', 3, pin('I'), pin('J'), output('S', '(I|J)&!(I&J)'), output('C', 'I J'))}
  ${cell('B', 1, pin('A'), output('Z', 'A'))}
  ${cell('N', 1, pin('A'), pin('B'), output('Z', '!(A B)'))}
  }`,
  'tiny.lib',
);

/** a + b + c, then the sum plus d; the second carry is a port of its own. */
const ADDERS = `.model two
.inputs a b c d
.outputs s t u
.names $false
.subckt $fa A=a B=b C=c X=t Y=x
.names d y
0 1
.subckt $fa A=x B=y C=$false X=z Y=s
.names z u
1 1
.end
`;

test('adders are recognised by what they compute', () => {
  expect(findAdderCells(LIBRARY)).toEqual({
    full: { cell: 'K3', addends: ['X', 'Y', 'Z'], sum: 'P', carry: 'Q' },
    half: { cell: 'K5', addends: ['I', 'J'], sum: 'S', carry: 'C' },
  });
  const without = { ...LIBRARY, cells: new Map([...LIBRARY.cells].filter(([name]) => !/K[134]/.test(name))) };
  expect(findAdderCells(without)).toBeUndefined();
});

describe('circuits are cut at their adders', () => {
  const cells = findAdderCells(LIBRARY)!;
  const boxed = boxAdders(parseBlif(ADDERS, 'x.blif'), cells);

  test('sums and carries become inputs, addends that are none become outputs', () => {
    expect(boxed.logic.inputs).toEqual(['a', 'b', 'c', 'd', 't', 'x', 'z', 's']);
    expect(boxed.logic.outputs).toEqual(['u', 'y']);
    expect(boxed.boxes.map(({ cell: name, pins }) => [name, ...pins])).toEqual([
      ['K3', ['X', 'a'], ['Y', 'b'], ['Z', 'c'], ['Q', 't'], ['P', 'x']],
      ['K5', ['I', 'x'], ['J', 'y'], ['C', 'z'], ['S', 's']],
    ]);
  });

  test('and put together again, without the buffers that the cut asked for', () => {
    const mapped = `.model two\n.inputs a b c d t x z s\n.outputs u y\n.gate N A=d B=d Z=y\n.gate B A=z Z=u\n.end\n`;
    const whole = unboxAdders(parseBlif(mapped, 'y.blif'), boxed, LIBRARY);
    expect(netlistVerilog(netlistOf(whole, {}))).toBe(`module two(a, b, c, d, s, t, u);
  input a;
  input b;
  input c;
  input d;
  output s;
  output t;
  output u;
  wire n_9;
  wire n_10;
  K3 u_0 (.X(a), .Y(b), .Z(c), .Q(t), .P(n_9));
  K5 u_1 (.I(n_9), .J(n_10), .C(u), .S(s));
  N u_2 (.A(d), .B(d), .Z(n_10));
endmodule
`);
  });

  test('without a half adder in the library, a half adder is gates', () => {
    const { boxes, logic } = boxAdders(parseBlif(ADDERS, 'x.blif'), { full: cells.full });
    expect(boxes.map(({ cell: name }) => name)).toEqual(['K3']);
    expect(blifText(logic)).toContain('.names x y z\n11 1\n.names x y s\n01 1\n10 1\n');
  });

  test('as gates only, each adder becomes two tables', () => {
    const { gates, tables } = withoutAdders(parseBlif(ADDERS, 'x.blif'));
    expect(gates).toEqual([]);
    expect(tables.length).toBe(3 + 4);
    expect(tables.find(({ output: net }) => net === 't')).toEqual({
      output: 't',
      inputs: ['a', 'b', 'c'],
      cover: ['011 1', '101 1', '110 1', '111 1'],
    });
  });
});

test.each([
  ['.model m\n.inputs a\n.outputs b\n.latch a b re c 2\n.end\n', 'BLIF statement .latch is not understood'],
  ['.model m\n.inputs a\n.outputs b\n', 'no complete BLIF model'],
  ['', 'no complete BLIF model'],
])('a BLIF file that is not understood or cut short is refused: %j', (text, why) => {
  expect(() => parseBlif(text, 'run/m.blif')).toThrow(`run/m.blif: ${why}`);
});

test('logic that abc left unmapped is refused; constants are tied or stay', () => {
  const text = (cover: string): string => `.model m\n.inputs a b\n.outputs p[0] p[1]\n${cover}.end\n`;
  const unmapped = parseBlif(text('.names a b p[0]\n11 1\n.names a p[1]\n1 1\n'), 'm.blif');
  expect(() => netlistOf(unmapped, {})).toThrow('m: abc left logic at net p[0] that is no library cell');
  const constants = parseBlif(text('.gate _const1_ z=p[1]\n.names p[0]\n'), 'm.blif');
  expect(netlistVerilog(netlistOf(constants, {}))).toContain("assign p[0] = 1'b0;\n  assign p[1] = 1'b1;\n");
  const tied = netlistVerilog(netlistOf(constants, { tieHigh: { cell: 'HI', pin: 'Z' } }));
  expect(tied).toContain("HI u_tie1 (.Z(p[1]));\n  assign p[0] = 1'b0;\n");
});
