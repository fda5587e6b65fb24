import {
  compareStreams,
  type DesignStreams,
  type NetworkStream,
  type StreamComparison,
} from '../explore/stream-comparison.ts';
import type { OperandRole } from '../synth/energy-table.ts';
import { formatNumber } from './columns.ts';
import type { Statement } from './content.ts';
import type { FigureHead, FigureLine, FigureTable } from './figure-table.ts';
import type { Report } from './rows.ts';

/** Energy by operand stream; undefined where the table has uniform operands only. */
export function streamComparison({ table }: Report): StreamComparison | undefined {
  const { operands } = table;
  if (operands === undefined) return undefined;
  const multiplications = operands.layers.map(
    ({ layer, multiplicationsPerImage }) => [layer, multiplicationsPerImage] as const,
  );
  return compareStreams(table, new Map(multiplications));
}

/** One line per design: energy per multiplication of the whole network on each stream, for both roles. */
export function streamTable(report: Report, comparison: StreamComparison): FigureTable {
  const layered = comparison.streams.filter((stream) => stream !== 'uniform');
  const heads: readonly FigureHead[] = [
    { title: 'Uniform', unit: 'fJ' },
    { title: 'Gain', unit: '%' },
    ...layered.flatMap((stream): readonly FigureHead[] => [
      { title: `${stream}, weight on b`, unit: 'fJ' },
      { title: `${stream}, activation on b`, unit: 'fJ' },
      { title: 'Better on b', isText: true },
      { title: 'Gain', unit: '%' },
    ]),
    ...layered.map((stream): FigureHead => ({ title: `Uniform / ${stream}`, unit: '×' })),
  ];
  const byDesign = new Map(comparison.designs.map((design) => [design.design, design]));
  const lines = report.rows.map((row): FigureLine => {
    const own = byDesign.get(row.design)!;
    const roles = layered.flatMap((stream) => roleCells(own, stream));
    const ratios = layered.map((stream) => numberOr(own.ratios[`uniform/${stream}`], 2));
    const uniform = own.streams.uniform;
    return {
      name: own.meetsClock ? row.label : `${row.label}, late`,
      code: row.design,
      isSub: row.twinOf !== undefined,
      cells: [
        femto(uniform?.energyPj['weight-on-b']),
        percent(uniform?.gain['weight-on-b']),
        ...roles,
        ...ratios,
      ],
    };
  });
  return { id: 'streams', caption: streamCaption(report, comparison), nameHead: 'Multiplier', heads, lines };
}

/** What the streams say, in sentences that follow from the comparison alone. */
export function describeStreams(comparison: StreamComparison): readonly Statement[] {
  return [...describeBaselines(comparison), ...describeDistances(comparison), ...describeRoles(comparison)];
}

function describeBaselines({ streams, baselines }: StreamComparison): readonly Statement[] {
  return streams.flatMap((stream) => {
    const best = baselines[stream];
    if (best === undefined) return [];
    const role = best.role === undefined ? '' : `, ${ROLE_WORDS[best.role]} on port b`;
    return [
      {
        lead: `Best exact on "${stream}": ${best.design}${role}, ${femto(best.energyPj)} fJ per multiplication.`,
        text: 'Every gain on this stream is against it.',
      },
    ];
  });
}

function describeDistances({ streams, designs }: StreamComparison): readonly Statement[] {
  return streams
    .filter((stream) => stream !== 'uniform')
    .flatMap((stream) => {
      const pair = `uniform/${stream}` as const;
      const ratios = designs.flatMap(({ ratios: own }) => own[pair] ?? []);
      const points = designs.flatMap(({ gainPoints }) => gainPoints[pair] ?? []);
      if (ratios.length === 0) return [];
      const least = Math.min(...points);
      const most = Math.max(...points);
      return [
        {
          lead: `Uniform operands cost ${formatNumber(Math.min(...ratios), 2)} to ${formatNumber(Math.max(...ratios), 2)} times the energy of "${stream}".`,
          text: `The gain of a design on uniform operands is ${formatNumber(least, 1, true)} to ${formatNumber(most, 1, true)} points away from its gain on this stream.`,
        },
      ];
    });
}

function describeRoles({ streams, designs }: StreamComparison): readonly Statement[] {
  return streams
    .filter((stream) => stream !== 'uniform')
    .flatMap((stream) => {
      const figures = designs.flatMap(({ streams: own }) => {
        const found = own[stream];
        return found?.roleRatio === undefined || found.cheaperRole === undefined ? [] : [found];
      });
      if (figures.length === 0) return [];
      const ratios = figures.map(({ roleRatio }) => roleRatio!);
      const decided = figures.filter(({ roleRatio }) => roleRatio! >= SAME_ROLE_RATIO);
      const weights = decided.filter(({ cheaperRole }) => cheaperRole === 'weight-on-b').length;
      return [
        {
          lead: `"${stream}": the weight belongs on port b for ${weights} of ${figures.length} designs, the activation for ${decided.length - weights}.`,
          text: `The wrong choice costs up to ${formatNumber(Math.max(...ratios), 2)} times the energy.`,
        },
      ];
    });
}

function streamCaption({ table }: Report, { clockNs, multiplicationsPerImage }: StreamComparison): string {
  const { network, dataset, array, seed, layers } = table.operands!;
  const held = layers.map(({ activationsPerWeight }) => activationsPerWeight);
  return (
    `Mean energy per multiplication of ${network.name} (${formatNumber(multiplicationsPerImage, 0)} per image) at ${clockNs} ns. ` +
    `"layer-iid": operand pairs of each layer in random order; "layer-stream": in the order of a weight-stationary ` +
    `${array.rows} × ${array.columns} array, ${Math.min(...held)} to ${Math.max(...held)} activations per weight. Recorded on ` +
    `${dataset.images} images of ${dataset.name}, seed ${seed}. Port b is Booth-encoded and perforated, port a rounded; ` +
    `"late": the clock target is not met. The better role is about energy only: which operand an approximate design errs on changes accuracy.`
  );
}

function roleCells(own: DesignStreams, stream: NetworkStream): readonly string[] {
  const figures = own.streams[stream];
  if (figures === undefined) return ['–', '–', '–', '–'];
  const { energyPj, cheaperRole, roleRatio, gain } = figures;
  return [
    femto(energyPj['weight-on-b']),
    femto(energyPj['activation-on-b']),
    describeRole(cheaperRole, roleRatio),
    percent(cheaperRole && gain[cheaperRole]),
  ];
}

/** Roles this close in energy are not told apart. */
const SAME_ROLE_RATIO = 1.01;

function describeRole(cheaperRole: OperandRole | undefined, roleRatio: number | undefined): string {
  if (cheaperRole === undefined) return '–';
  if (roleRatio === undefined) return ROLE_WORDS[cheaperRole];
  return roleRatio < SAME_ROLE_RATIO
    ? 'either'
    : `${ROLE_WORDS[cheaperRole]} (×${formatNumber(roleRatio, 2)})`;
}

const ROLE_WORDS: Readonly<Record<OperandRole, string>> = {
  'weight-on-b': 'weight',
  'activation-on-b': 'activation',
};

function femto(energyPj: number | undefined): string {
  return numberOr(energyPj === undefined ? undefined : energyPj * 1000, 1);
}

function percent(share: number | undefined): string {
  return share === undefined ? '–' : formatNumber(share * 100, 1, true);
}

function numberOr(value: number | undefined, places: number): string {
  return value === undefined ? '–' : formatNumber(value, places);
}
