import { isUniform, type MultiplierSpec, type NarrowSpec, portShape } from '../multiplier/spec.ts';

/** What a design is to a reader of the report; decides its section, its mark in the plots and its row style. */
export type DesignKind = 'exact' | 'roup-uniform' | 'roup-asymmetric' | 'narrow' | 'outside';

/** Kind of a design. */
export function designKind(spec: MultiplierSpec): DesignKind {
  switch (spec.family) {
    case 'roup':
      return isUniform(spec) ? 'roup-uniform' : 'roup-asymmetric';
    case 'narrow':
      return 'narrow';
    case 'table':
      return 'outside';
    default:
      return 'exact';
  }
}

/** Reader's name of each kind, for legends and section heads. */
export const KIND_TITLES: Readonly<Record<DesignKind, string>> = {
  exact: 'Exact, full width',
  'roup-uniform': 'ROUP, uniform rounding',
  'roup-asymmetric': 'ROUP, asymmetric rounding',
  narrow: 'Narrow exact',
  outside: 'Truth table from outside',
};

const ARCHITECTURES = {
  booth: 'Booth',
  'baugh-wooley': 'Baugh-Wooley',
  behavioural: 'behavioural a*b',
} as const;

/** Name of a design in running text and tables, e.g. "ROUP P=2 r=4", "exact 7×6 (Baugh-Wooley)", "table mul8u_2AC". */
export function designLabel(spec: MultiplierSpec): string {
  switch (spec.family) {
    case 'roup':
      return `ROUP P=${spec.P} r=${isUniform(spec) ? spec.r[0] : spec.r.join(',')}`;
    case 'narrow':
      return `exact ${narrowShape(spec)} (${ARCHITECTURES[spec.architecture]})`;
    case 'table':
      return `table ${spec.name}${spec.operands === 'sign-magnitude' ? ' (sign-magnitude)' : ''}`;
    default:
      return `exact ${operands(spec)} (${ARCHITECTURES[spec.family]})`;
  }
}

/** Shortest name that is clear beside a mark of a plot, e.g. "P2 r4", "7×6", "Booth". */
export function plotLabel(spec: MultiplierSpec, withWidth: boolean): string {
  switch (spec.family) {
    case 'roup': {
      const width = withWidth ? `N${spec.bits} ` : '';
      return `${width}P${spec.P} r${isUniform(spec) ? spec.r[0] : spec.r.join(',')}`;
    }
    case 'narrow':
      return `${narrowShape(spec)}${spec.architecture === 'baugh-wooley' ? '' : ` ${spec.architecture}`}`;
    case 'table':
      return spec.name;
    default: {
      const name = spec.family === 'behavioural' ? 'a*b' : ARCHITECTURES[spec.family];
      const square = spec.aBits === spec.bBits && spec.aSigned && spec.bSigned;
      return square && !withWidth ? name : `${name} ${operands(spec)}`;
    }
  }
}

function narrowShape(spec: NarrowSpec): string {
  return operands(portShape(spec));
}

function operands(spec: { aBits: number; bBits: number; aSigned: boolean; bSigned: boolean }): string {
  if (spec.aSigned && spec.bSigned) return `${spec.aBits}×${spec.bBits}`;
  return `${spec.aSigned ? 's' : 'u'}${spec.aBits}×${spec.bSigned ? 's' : 'u'}${spec.bBits}`;
}
