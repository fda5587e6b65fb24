import type { MultiplierSpec } from '../multiplier/spec.ts';
import type { EnergyTable, OperandRole, StreamKind } from '../synth/energy-table.ts';
import { nominalClockNs } from '../synth/select-rows.ts';

/** Streams that a network's energy is given for. */
export type NetworkStream = Exclude<StreamKind, 'file'>;

export const NETWORK_STREAMS: readonly NetworkStream[] = ['uniform', 'layer-iid', 'layer-stream'];

const ROLES: readonly OperandRole[] = ['weight-on-b', 'activation-on-b'];

/** One design used for every multiplication of a network, on one stream. */
export interface StreamFigures {
  /**
   * Mean energy per multiplication over the network, pJ: each layer's energy weighted by its multiplications. On
   * "uniform" it does not depend on the role. A role is absent where the table lacks a row for a layer.
   */
  readonly energyPj: Readonly<Partial<Record<OperandRole, number>>>;
  /** The role with the lower energy, or the only one there is; absent on "uniform" and where there is none. */
  readonly cheaperRole?: OperandRole;
  /** Energy of the dearer role over that of the cheaper one, ≥ 1; absent unless both are there. */
  readonly roleRatio?: number;
  /**
   * 1 − energy / energy of the baseline on this stream, per role; the baseline has its own cheaper role. Negative
   * where the design needs more. Absent where one of the energies is.
   */
  readonly gain: Readonly<Partial<Record<OperandRole, number>>>;
  /** Layers without a row, by role: their operands do not fit the ports, or they were not priced. */
  readonly missingLayers: Readonly<Partial<Record<OperandRole, readonly string[]>>>;
}

/** One design on all streams. */
export interface DesignStreams {
  readonly design: string;
  readonly spec: MultiplierSpec;
  /** True for exact multipliers (none that rounds its operands first). */
  readonly isExact: boolean;
  /** False when its longest path exceeds the clock target; its figures are then for comparison only. */
  readonly meetsClock: boolean;
  readonly streams: Readonly<Partial<Record<NetworkStream, StreamFigures>>>;
  /**
   * How far streams are apart: energy on the first over energy on the second, each with its cheaper role. Absent
   * where one of them is.
   */
  readonly ratios: Readonly<Partial<Record<StreamRatio, number>>>;
  /** gain on the first minus gain on the second in percentage points, cheaper roles. */
  readonly gainPoints: Readonly<Partial<Record<StreamRatio, number>>>;
}

/** Two streams, first / second. */
export type StreamRatio = 'uniform/layer-iid' | 'uniform/layer-stream' | 'layer-iid/layer-stream';

const STREAM_RATIOS: readonly StreamRatio[] = [
  'uniform/layer-iid',
  'uniform/layer-stream',
  'layer-iid/layer-stream',
];

/**
 * The exact multiplier with the lowest energy on a stream, one that meets the clock before one that does not: on
 * "uniform" of the signed 8 × 8 ones, on the layers' operands of all whose ports hold them in every layer.
 */
export interface StreamBaseline {
  readonly design: string;
  /** Absent on "uniform". */
  readonly role?: OperandRole;
  readonly energyPj: number;
}

/** Which energy is compared: of a simulation without delays, or with the glitches that the table has for all rows. */
export type ComparedEnergy = 'zero-delay' | 'with-glitches';

export interface CompareOptions {
  /** Default: the nominal clock target. */
  readonly clockNs?: number;
  /** Default "zero-delay"; "with-glitches" takes only rows that have them ("maxdnn table --glitches all"). */
  readonly energy?: ComparedEnergy;
}

/** A network's multiplications on uniform operands, on its own in random order, and in the array's order. */
export interface StreamComparison {
  readonly clockNs: number;
  readonly energy: ComparedEnergy;
  readonly multiplicationsPerImage: number;
  /** Streams that the table has rows of, in the order of NETWORK_STREAMS. */
  readonly streams: readonly NetworkStream[];
  readonly baselines: Readonly<Partial<Record<NetworkStream, StreamBaseline>>>;
  /** In the order of the table. */
  readonly designs: readonly DesignStreams[];
}

type Row = Pick<EnergyTable['rows'][number], 'design' | 'spec' | 'meetsClock' | 'stream' | 'energyPj'>;

type Energies = Pick<StreamFigures, 'energyPj' | 'missingLayers'>;

/** A design with its energies on every stream of the table. */
interface PricedDesign extends Pick<DesignStreams, 'design' | 'spec' | 'isExact' | 'meetsClock'> {
  readonly energies: ReadonlyMap<NetworkStream, Energies>;
}

/**
 * Energy per multiplication of a network by stream, for each design of a table.
 * @param multiplicationsByLayer per image, of every convolution and dense layer (dnn: multiplicationsByLayer)
 */
export function compareStreams(
  table: EnergyTable,
  multiplicationsByLayer: ReadonlyMap<string, number>,
  { clockNs = nominalClockNs(table), energy = 'zero-delay' }: CompareOptions = {},
): StreamComparison {
  const rows = table.rows
    .filter((row) => row.clockNs === clockNs && (energy === 'zero-delay' || row.glitchPj !== undefined))
    .map((row): Row => (energy === 'zero-delay' ? row : { ...row, energyPj: row.energyPj + row.glitchPj! }));
  const streams = NETWORK_STREAMS.filter((stream) => rows.some((row) => row.stream.kind === stream));
  const byDesign = new Map<string, Row[]>();
  for (const row of rows) {
    const own = byDesign.get(row.design);
    if (own === undefined) byDesign.set(row.design, [row]);
    else own.push(row);
  }
  const designs = [...byDesign].map(([design, own]): PricedDesign => {
    const { spec, meetsClock } = own[0]!;
    const energies = new Map(
      streams.map((stream) => [stream, energiesOf(own, stream, multiplicationsByLayer)]),
    );
    return { design, spec, isExact: EXACT_FAMILIES.includes(spec.family), meetsClock, energies };
  });
  const found = streams.map((stream) => [stream, bestExact(designs, stream)] as const);
  const baselines: StreamComparison['baselines'] = Object.fromEntries(found.filter(([, best]) => best));
  return {
    clockNs,
    energy,
    multiplicationsPerImage: [...multiplicationsByLayer.values()].reduce((sum, count) => sum + count, 0),
    streams,
    baselines,
    designs: designs.map(({ energies, ...design }) => {
      const figures: DesignStreams['streams'] = Object.fromEntries(
        [...energies].map(([stream, own]) => [stream, figuresOf(stream, own, baselines[stream])]),
      );
      return { ...design, streams: figures, ...distances(figures) };
    }),
  };
}

const EXACT_FAMILIES: readonly string[] = ['booth', 'baugh-wooley', 'behavioural'];

/** Mean energy of the rows of one design on one stream. */
function energiesOf(
  rows: readonly Row[],
  stream: NetworkStream,
  multiplicationsByLayer: ReadonlyMap<string, number>,
): Energies {
  const own = rows.filter((row) => row.stream.kind === stream);
  const energyPj: Partial<Record<OperandRole, number>> = {};
  const missingLayers: Partial<Record<OperandRole, readonly string[]>> = {};
  for (const role of ROLES) {
    if (stream === 'uniform') {
      if (own[0] !== undefined) energyPj[role] = own[0].energyPj;
      continue;
    }
    const layers = new Map(
      own.filter((row) => row.stream.role === role).map((row) => [row.stream.layer, row.energyPj]),
    );
    const missing = [...multiplicationsByLayer.keys()].filter((layer) => !layers.has(layer));
    if (missing.length > 0) {
      missingLayers[role] = missing;
      continue;
    }
    let [sumPj, multiplications] = [0, 0];
    for (const [layer, count] of multiplicationsByLayer) {
      sumPj += count * layers.get(layer)!;
      multiplications += count;
    }
    if (multiplications > 0) energyPj[role] = sumPj / multiplications;
  }
  return { energyPj, missingLayers };
}

function bestExact(designs: readonly PricedDesign[], stream: NetworkStream): StreamBaseline | undefined {
  const candidates = designs
    .filter(({ isExact, spec }) => isExact && (stream !== 'uniform' || isSigned8x8(spec)))
    .flatMap(({ design, meetsClock, energies }) => {
      const best = cheapest(energies.get(stream)!.energyPj);
      return best === undefined ? [] : [{ design, meetsClock, ...best }];
    })
    .sort((x, y) => Number(y.meetsClock) - Number(x.meetsClock) || x.energyPj - y.energyPj);
  const best = candidates[0];
  if (best === undefined) return undefined;
  const { design, role, energyPj } = best;
  return { design, ...(stream === 'uniform' ? {} : { role }), energyPj };
}

function isSigned8x8(spec: MultiplierSpec): boolean {
  return 'aSigned' in spec && spec.aSigned && spec.bSigned && spec.aBits === 8 && spec.bBits === 8;
}

function figuresOf(
  stream: NetworkStream,
  { energyPj, missingLayers }: Energies,
  baseline: StreamBaseline | undefined,
): StreamFigures {
  const best = cheapest(energyPj);
  const both = ROLES.map((role) => energyPj[role]).filter((energy) => energy !== undefined);
  const hasRoles = stream !== 'uniform';
  const gain =
    baseline === undefined
      ? []
      : Object.entries(energyPj).map(([role, pj]) => [role, 1 - pj / baseline.energyPj]);
  return {
    energyPj,
    ...(hasRoles && best !== undefined ? { cheaperRole: best.role } : {}),
    ...(hasRoles && both.length === 2 ? { roleRatio: Math.max(...both) / Math.min(...both) } : {}),
    gain: Object.fromEntries(gain),
    missingLayers,
  };
}

function distances(streams: DesignStreams['streams']): Pick<DesignStreams, 'ratios' | 'gainPoints'> {
  const ratios: Partial<Record<StreamRatio, number>> = {};
  const gainPoints: Partial<Record<StreamRatio, number>> = {};
  for (const pair of STREAM_RATIOS) {
    const [first, second] = pair.split('/').map((stream) => streams[stream as NetworkStream]);
    const [one, other] = [first, second].map((figures) => figures && cheapest(figures.energyPj));
    if (one === undefined || other === undefined) continue;
    ratios[pair] = one.energyPj / other.energyPj;
    const [gain, otherGain] = [first!.gain[one.role], second!.gain[other.role]];
    if (gain !== undefined && otherGain !== undefined) gainPoints[pair] = 100 * (gain - otherGain);
  }
  return { ratios, gainPoints };
}

/** The role with the lower energy, of equal ones the weight on port b. */
function cheapest(
  energyPj: StreamFigures['energyPj'],
): { readonly role: OperandRole; readonly energyPj: number } | undefined {
  const known = ROLES.flatMap((role) => {
    const energy = energyPj[role];
    return energy === undefined ? [] : [{ role, energyPj: energy }];
  });
  return known.sort((x, y) => x.energyPj - y.energyPj)[0];
}
