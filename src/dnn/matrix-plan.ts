import {
  orderFilters,
  type PackableWeights,
  type PackedWeights,
  type WeightLayout,
} from './filter-blocks.ts';
import type { LayerTerms } from './layer-terms.ts';
import { layOutDirect } from './pack-direct.ts';
import type { ConvGeometry } from './quantised-network.ts';
import { layOutWinograd, tileOf, type WinogradForm } from './winograd.ts';

/** Weights packed for the cheapest of the matrix kernels. */
export interface MatrixPlan {
  readonly kind: 'direct' | WinogradForm;
  /** Output channel of each accumulator. */
  readonly order: readonly number[];
  readonly packed: PackedWeights;
}

/** Chooses between the direct and the Winograd kernels by the work that each would do; groups = 1. */
export function planMatrix(terms: LayerTerms, geometry: ConvGeometry): MatrixPlan {
  const { kernel, from, to } = geometry;
  const order = orderFilters(terms.terms, to.channels);
  const window = { kernelRows: kernel[0], rowValues: kernel[1] * from.channels, ...layOutImage(geometry) };
  const direct = layOutDirect(terms.terms, order, window);
  let best: { readonly kind: MatrixPlan['kind']; readonly layout: PackableWeights } = {
    kind: 'direct',
    layout: direct,
  };
  let least = directCost(direct, geometry);
  for (const kind of ['n4', 'n2', 'n4s2'] as const) {
    const layout = layOutWinograd(terms, order, geometry, kind);
    if (layout === undefined) continue;
    const cost = winogradCost(layout, terms, geometry, kind);
    if (cost >= least) continue;
    best = { kind, layout };
    least = cost;
  }
  return { kind: best.kind, order, packed: best.layout.pack() };
}

/** Winograd tiles over the output, the last ones perhaps beyond its edge. */
export function tilesOf({ to }: ConvGeometry, form: WinogradForm) {
  const { size, positions } = tileOf(form);
  return {
    size,
    positions,
    tileRows: Math.ceil(to.height / size),
    tileColumns: Math.ceil(to.width / size),
  };
}

export interface ImageLayout {
  readonly rows: number;
  readonly rowBytes: number;
  readonly termBytes: number;
  /** Bytes from the start to the first pixel inside the padding. */
  readonly insideBytes: number;
}

/** i16 image with its padding, and with room for whole Winograd tiles. */
export function layOutImage({ from, to, kernel, stride, pads }: ConvGeometry): ImageLayout {
  const last = (size: number): number => 4 * Math.ceil(size / 4) - 1;
  const rows = Math.max(from.height + pads[0] + pads[2], last(to.height) * stride[0] + kernel[0]);
  const columns = Math.max(from.width + pads[1] + pads[3], last(to.width) * stride[1] + kernel[1]);
  const rowBytes = 2 * columns * from.channels;
  return {
    rows,
    rowBytes,
    termBytes: rows * rowBytes,
    insideBytes: pads[0] * rowBytes + 2 * pads[1] * from.channels,
  };
}

/** Cost of a convolution in inner iterations of the matrix kernels (4 pixels or tiles, 8 filters, 2 taps each). */
function directCost(packed: WeightLayout, { to }: ConvGeometry): number {
  return Math.ceil((to.height * to.width) / 4) * (packed.pairs + (packed.blockEnds.length - 1));
}

/** Instructions of the transforms of a tile, in inner iterations: of 8 channels of a term, of 8 output channels. */
const TRANSFORM_COSTS = {
  n2: { input: 3, output: 4 },
  n4: { input: 12, output: 18 },
  n4s2: { input: 27, output: 31 },
} as const;

/** The same for a Winograd kernel. */
function winogradCost(
  packed: WeightLayout,
  { terms }: LayerTerms,
  geometry: ConvGeometry,
  form: WinogradForm,
): number {
  const { positions, tileRows, tileColumns } = tilesOf(geometry, form);
  const tiles = tileRows * tileColumns;
  const blocks = packed.blockEnds.length - 1;
  const { input, output } = TRANSFORM_COSTS[form];
  const products = Math.ceil(tiles / 4) * positions * (packed.pairs + blocks);
  return products + tiles * ((input * terms.length * geometry.from.channels) / 8 + output * blocks);
}
