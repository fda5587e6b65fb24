import { describe, expect, test } from 'vitest';
import { mutateVerilog } from '../../src/verify/mutate.ts';

/** Texts "original -> mutated" of the mutants of a module body. */
function mutantsOf(body: string, ports = 'input wire a, input wire b, output wire y'): readonly string[] {
  const { mutants } = mutateVerilog('m.v', `module m (${ports});\n${body}\nendmodule\n`, 1);
  return mutants.map(({ original, mutated }) => `${original} -> ${mutated}`);
}

describe('mutants', () => {
  test('of a continuous assignment: operators, constants, stuck at 0', () => {
    expect(mutantsOf("  assign y = (a && !b) || c == 4'd5;")).toEqual([
      "(a && !b) || c == 4'd5 -> (a || !b) || c == 4'd5",
      "(a && !b) || c == 4'd5 -> (a && !!b) || c == 4'd5",
      "(a && !b) || c == 4'd5 -> (a && !b) && c == 4'd5",
      "(a && !b) || c == 4'd5 -> (a && !b) || c != 4'd5",
      "(a && !b) || c == 4'd5 -> (a && !b) || c == 4'd4",
      "(a && !b) || c == 4'd5 -> ((a && !b) || c == 4'd5) & 0",
    ]);
  });

  test('a sign, a reduction and what must be constant stay', () => {
    expect(mutantsOf('  assign y = -a + (&x[7 - 1:0]) + {W - 1{b}};')).toEqual([
      '-a + (&x[7 - 1:0]) + {W - 1{b}} -> -a - (&x[7 - 1:0]) + {W - 1{b}}',
      '-a + (&x[7 - 1:0]) + {W - 1{b}} -> -a + (&x[7 - 1:0]) - {W - 1{b}}',
      '-a + (&x[7 - 1:0]) + {W - 1{b}} -> (-a + (&x[7 - 1:0]) + {W - 1{b}}) & 0',
    ]);
    expect(mutantsOf('  localparam W = 3 + 4;\n  parameter X = 1;\n  initial y = a + b;')).toEqual([]);
    expect(mutantsOf('  generate if (W == 3) begin : g\n    sub u (.a(a + b));\n  end endgenerate')).toEqual(
      [],
    );
  });

  test('of a process: conditions, branches, cases, both kinds of assignment', () => {
    const body = [
      '  always @(posedge clk_i or negedge rst_ni) begin',
      "    if (!rst_ni) q <= 1'b0;",
      '    else if (a) begin',
      '      q <= b;',
      '      case (s)',
      "        2'd0: q <= a ^ b;",
      '        default: r = q;',
      '      endcase',
      '    end else for (i = 0; i < 4; i = i + 1) t[i + 1] <= u;',
      '  end',
    ].join('\n');
    expect(mutantsOf(body)).toEqual([
      '!rst_ni -> !!rst_ni',
      '!rst_ni -> !(!rst_ni)',
      "1'b0 -> 1'b1",
      'a -> !(a)',
      'b -> (b) & 0',
      'a ^ b -> a | b',
      'a ^ b -> (a ^ b) & 0',
      'q -> (q) & 0',
      'u -> (u) & 0',
    ]);
  });

  test('not of what only tells lint something, and 0 is not stuck at 0', () => {
    expect(mutantsOf("  localparam Idle = 2'd0;\n  assign y = Idle;\n  wire unused_a = a & b;")).toEqual([]);
    expect(mutantsOf("  assign y = {W{1'b0}};")).toEqual(["{W{1'b0}} -> {W{1'b1}}"]);
  });

  test('have rising numbers, a file and a line, and leave everything else as it is', () => {
    const text =
      'module m #(parameter W = 2) (input wire a, output wire y);\n\n  assign y = a & a;\nendmodule\n';
    const { text: mutated, mutants } = mutateVerilog('m.v', text, 7);
    expect(mutants).toEqual([
      { number: 7, file: 'm.v', line: 3, original: 'a & a', mutated: 'a | a' },
      { number: 8, file: 'm.v', line: 3, original: 'a & a', mutated: '(a & a) & 0' },
    ]);
    expect(mutated.replace(/\n {2}integer mutant_q;\n.*\n/, '')).toBe(
      text.replace('a & a', '(mutant_q == 8 ? ((a & a) & 0) : (mutant_q == 7 ? (a | a) : (a & a)))'),
    );
  });

  test('a text that is no Verilog is refused', () => {
    expect(() => mutateVerilog('m.v', 'module m; § endmodule', 1)).toThrow(SyntaxError);
  });
});
