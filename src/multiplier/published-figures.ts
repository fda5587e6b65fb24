import type { ErrorMetrics } from './error-metrics.ts';

/** Error figures of EvoApproxLib's data sheets by their names there, from ours. */
const FIGURES: Readonly<Record<string, (metrics: ErrorMetrics) => number>> = {
  'MAE%': (m) => m.maePercent,
  MAE: (m) => m.maeAbs,
  'WCE%': (m) => m.wcePercent,
  WCE: (m) => m.wceAbs,
  'WCRE%': (m) => m.wcrePercent,
  'EP%': (m) => m.epPercent,
  'MRE%': (m) => m.mredPercent,
  MSE: (m) => m.mse,
};

/** A published figure that ours does not round to. */
export interface DifferentFigure {
  readonly figure: string;
  /** As it was printed. */
  readonly published: string;
  readonly ours: number;
}

/** Published error figures beside ours. */
export interface FigureComparison {
  /** Figures that were compared. */
  readonly compared: number;
  readonly different: readonly DifferentFigure[];
}

/**
 * Compares published error figures with ours to their printed digits.
 * @param published figures as printed, by EvoApproxLib's names; others (power, area, delay) are not looked at
 */
export function compareFigures(
  metrics: ErrorMetrics,
  published: Readonly<Record<string, string>>,
): FigureComparison {
  const known = Object.entries(published).filter(([figure]) => FIGURES[figure] !== undefined);
  const different = known.flatMap(([figure, text]) => {
    const ours = FIGURES[figure]!(metrics);
    return roundsTo(ours, text) ? [] : [{ figure, published: text, ours }];
  });
  return { compared: known.length, different };
}

/** The figures in the head of a C model of EvoApproxLib: lines such as "// MAE% = 0.037 %". */
export function readFigures(source: string): Readonly<Record<string, string>> {
  const lines = source.matchAll(/^\s*\/\/\s*([A-Za-z0-9_]+%?)\s*=\s*([-+.\deE]+)/gm);
  return Object.fromEntries([...lines].map(([, figure, text]) => [figure!, text!]));
}

/** True when `value` is the printed number within half a unit of its last digit. */
export function roundsTo(value: number, text: string): boolean {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const decimals = mantissa.split('.')[1]?.length ?? 0;
  const unit = 10 ** (Number(exponent) - decimals);
  return Math.abs(value - Number(text)) <= 0.5 * unit * (1 + 1e-9);
}
