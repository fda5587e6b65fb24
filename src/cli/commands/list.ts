import { CATALOGUE } from '../../multiplier/catalogue.ts';
import { errorMetrics } from '../../multiplier/error-metrics.ts';
import { designName } from '../../multiplier/spec.ts';
import type { Command } from '../command.ts';
import { loadStore, type OutsideMultiplier } from '../multiplier-store.ts';
import { WORK_OPTION } from '../options.ts';
import { workspaceOf } from '../workspace.ts';

export const list: Command = {
  name: 'list',
  summary: 'the multipliers of the built-in catalogue and those added to the work folder, with their errors',
  options: { work: WORK_OPTION },
  examples: [['maxdnn list', 'names, errors over all operand pairs, and why each is there']],
  run: async (args) => {
    const own = CATALOGUE.map(({ spec, note }) => ({ design: designName(spec), spec, note }));
    const added = loadStore(workspaceOf(args).multipliersDir).map((multiplier) => ({
      design: designName(multiplier.spec),
      spec: multiplier.spec,
      note: noteOf(multiplier),
    }));
    const rows = [...own, ...added].map((row) => ({ ...row, metrics: errorMetrics(row.spec) }));
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

function noteOf({ spec, source }: OutsideMultiplier): string {
  const wrapped = spec.operands === 'sign-magnitude' ? ', sign put back' : '';
  return `${spec.name}: ${source.kind === 'c-model' ? 'C model' : 'truth table'} ${source.file}${wrapped}`;
}
