import type { Figure3, Figure4, ReproductionBase, Semantics } from '../reproduce/reproduction.ts';
import type { Chart, Series } from './reproduction-chart.ts';
import { PART_TITLES, SEMANTICS_TITLES, STREAM_TITLES } from './reproduction-words.ts';
import { linearScale, type Scale } from './scale.ts';

/** Semantics that Fig. 3 draws: what the paper has, and what an accelerator does. */
const DRAWN: readonly Semantics[] = ['alwann', 'fixed'];

/** Accuracy by layer or by number of layers. */
export function figure3Chart(part: Figure3, base: ReproductionBase): Chart {
  const multipliers = base.palette.slice(1);
  const series = multipliers.flatMap(({ title }, index) =>
    DRAWN.map(
      (semantics): Series => ({
        title: `${title}, ${SEMANTICS_TITLES[semantics]}`,
        hue: index,
        joined: 'line',
        isDashed: semantics === 'fixed',
        points: part.rows.map(({ label, correct }, x) => {
          const y = percent(correct[index]![semantics], base);
          return { x, y, tooltip: `${label}, ${title}, ${SEMANTICS_TITLES[semantics]}: ${y.toFixed(2)} %` };
        }),
      }),
    ),
  );
  const y = series.flatMap(({ points }) => points.map((point) => point.y));
  return {
    title: PART_TITLES[part.kind],
    xTitle: part.kind === 'fig3a' ? 'layer that is approximate' : 'first layers that are approximate, m',
    yTitle: 'Accuracy [%]',
    xScale: wordScale(part.rows.map(({ label }) => label)),
    yScale: linearScale(y),
    series,
  };
}

/** Saving against accuracy, the points of each level and its front. */
export function figure4Chart(part: Figure4, base: ReproductionBase): Chart {
  const saving = (point: {
    readonly savingPercentByStream: Figure4['levels'][number]['points'][number]['savingPercentByStream'];
  }): number => point.savingPercentByStream[part.stream]!;
  const series = part.levels.flatMap(({ title, points, front }, hue): Series[] => {
    const onFront = new Set(front.map(({ name }) => name));
    const spot = (name: string, x: number, correct: number) => {
      const y = percent(correct, base);
      return { x, y, tooltip: `${name}: ${x.toFixed(1)} % saved, ${y.toFixed(2)} %` };
    };
    return [
      {
        title: `${title}: ${points.length} of ${part.levels[hue]!.evaluated}`,
        hue,
        joined: 'none',
        isFaint: true,
        points: points
          .filter(({ name }) => !onFront.has(name))
          .map((point) => spot(point.name, saving(point), point.correctFixed)),
      },
      {
        title: `${title}: Pareto front`,
        hue,
        joined: 'steps',
        points: front.map((point) => spot(point.name, saving(point), point.correct.fixed)),
      },
    ];
  });
  const all = series.flatMap(({ points }) => points);
  return {
    title: PART_TITLES.fig4,
    xTitle: `Energy saved [% of the best exact multiplier, ${STREAM_TITLES[part.stream]}]`,
    yTitle: 'Accuracy, static int8 [%]',
    xScale: linearScale(all.map(({ x }) => x)),
    yScale: linearScale(all.map(({ y }) => y)),
    series,
  };
}

function percent(correct: number, { test }: ReproductionBase): number {
  return (100 * correct) / test.images;
}

/** Words at equal distances. */
function wordScale(words: readonly string[]): Scale {
  const room = Math.max(1, words.length - 1);
  return {
    position: (value) => 0.04 + (0.92 * value) / room,
    ticks: words.map((label, value) => ({ value, label })),
    remark: '',
  };
}
