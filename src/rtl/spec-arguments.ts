import { designName, isUniform, type MultiplierSpec } from '../multiplier/spec.ts';

/**
 * Options of `gen-rtl` that make exactly this spec, e.g. ["--family", "roup", "--bits", "8", "--P", "2", …]; of a
 * truth table, which has no RTL, those of `export-table`.
 */
export function specArguments(spec: MultiplierSpec): readonly string[] {
  switch (spec.family) {
    case 'roup': {
      const r = isUniform(spec) ? String(spec.r[0]) : spec.r.join(',');
      return ['--family', 'roup', '--bits', String(spec.bits), '--P', String(spec.P), '--r', r];
    }
    case 'narrow': {
      const widths = ['--bits', String(spec.bits), '--narrow', `${spec.aBits}x${spec.bBits}`];
      const unsigned = spec.unsigned === undefined ? [] : [`--unsigned-${spec.unsigned}`];
      return ['--family', 'narrow', ...widths, ...unsigned, '--architecture', spec.architecture];
    }
    case 'booth':
    case 'baugh-wooley':
    case 'behavioural': {
      const bits = spec.aBits === spec.bBits ? String(spec.aBits) : `${spec.aBits}x${spec.bBits}`;
      const unsigned = [...(spec.aSigned ? [] : ['--unsigned-a']), ...(spec.bSigned ? [] : ['--unsigned-b'])];
      return [
        '--family',
        spec.family,
        '--bits',
        bits,
        ...(unsigned.length === 2 ? ['--unsigned'] : unsigned),
      ];
    }
    case 'table':
      return ['--mul', designName(spec)];
  }
}
