import { CATALOGUE } from '../../multiplier/catalogue.ts';
import { errorMetrics } from '../../multiplier/error-metrics.ts';
import { designName } from '../../multiplier/spec.ts';
import type { Command } from '../command.ts';

export const list: Command = {
  name: 'list',
  summary: 'the multipliers of the built-in catalogue with their errors',
  options: {},
  examples: [['maxdnn list', 'names, errors over all operand pairs, and why each is there']],
  run: async () => {
    const rows = CATALOGUE.map(({ spec, note }) => {
      const metrics = errorMetrics(spec);
      return { design: designName(spec), spec, note, metrics };
    });
    const width = Math.max(...rows.map(({ design }) => design.length));
    const figure = (value: number, digits: number): string => value.toFixed(digits).padStart(8);
    const lines = rows.map(
      ({ design, note, metrics: m }) =>
        `${design.padEnd(width)} ${figure(m.maePercent, 4)} ${figure(m.wcePercent, 3)} ${figure(m.mredPercent, 2)}  ${note}`,
    );
    const head = `${'design'.padEnd(width)} ${'MAE %'.padStart(8)} ${'WCE %'.padStart(8)} ${'MRED %'.padStart(8)}  note`;
    return { text: [head, ...lines].join('\n'), value: rows };
  },
};
