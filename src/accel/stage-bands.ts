import type { LoweredNetwork, LoweredStep } from './lower-network.ts';
import {
  attach,
  type Home,
  idleStep,
  type StagedStep,
  type StageRequest,
  type TensorTransfer,
} from './staged-step.ts';

/** Rows of a tensor: first … end − 1. */
interface Rows {
  readonly first: number;
  readonly end: number;
}

/**
 * The steps that write one tensor, in bands of its rows. Of each tensor outside two bands are inside: while a band is
 * computed, the next one is loaded and the one before is stored.
 * @param words gets the buffers of the bands
 */
export function stageBands(
  request: StageRequest,
  group: readonly LoweredStep[],
  number: number,
  words: Map<string, number>,
): readonly StagedStep[] {
  const { lowered, spilled } = request;
  const { output } = group[0]!;
  const bands = cutBands(request, group);
  const buffer = (tensor: string, band: number): string => `${tensor}, band ${band % 2} of group ${number}`;
  const place = (tensor: string, band: number, rows: Rows): string => {
    const name = buffer(tensor, band);
    const size = (rows.end - rows.first) * lowered.layouts.get(tensor)!.rowPitch;
    words.set(name, Math.max(words.get(name) ?? 0, size));
    return name;
  };
  const move = (kind: TensorTransfer['kind'], tensor: string, band: number, rows: Rows): TensorTransfer => {
    const { rowPitch } = lowered.layouts.get(tensor)!;
    const home = spilled.get(tensor)!;
    return {
      kind,
      tensor: place(tensor, band, rows),
      words: (rows.end - rows.first) * rowPitch,
      base: home.base,
      offset: home.offset + rows.first * rowPitch * request.wordBytes,
    };
  };
  const loads = (band: number): readonly TensorTransfer[] =>
    band >= bands.length
      ? []
      : [...inputRows(group, bands[band]!, lowered)]
          .filter(([tensor, rows]) => spilled.has(tensor) && rows.end > rows.first)
          .map(([tensor, rows]) => move('loadActivations', tensor, band, rows));
  const stores = (band: number): readonly TensorTransfer[] =>
    band < 0 || !spilled.has(output) ? [] : [move('storeActivations', output, band, bands[band]!)];
  const computed = bands.flatMap((band, index) => {
    const read = inputRows(group, band, lowered);
    const steps = group.flatMap((step) => bandStep(step, band, read, lowered, spilled));
    const renamed = steps.map((step): StagedStep => rename(step, spilled, (tensor) => buffer(tensor, index)));
    return attach(renamed, [...stores(index - 1), ...loads(index + 1)]);
  });
  const first = loads(0);
  const last = stores(bands.length - 1);
  return [...attach([], first), ...computed, ...(last.length > 0 ? [idleStep(last)] : [])];
}

/** As few bands of equal height as the budget allows. */
function cutBands(
  { lowered, spilled, budget }: StageRequest,
  group: readonly LoweredStep[],
): readonly Rows[] {
  const { shape, rowPitch } = lowered.layouts.get(group[0]!.output)!;
  const cut = (rows: number): readonly Rows[] =>
    Array.from({ length: Math.ceil(shape.height / rows) }, (_, band) => ({
      first: band * rows,
      end: Math.min(shape.height, (band + 1) * rows),
    }));
  const buffers = (rows: number): number => {
    const bands = cut(rows);
    const largest = new Map<string, number>();
    for (const band of bands) {
      for (const [tensor, { first, end }] of inputRows(group, band, lowered)) {
        const own = spilled.has(tensor) ? (end - first) * lowered.layouts.get(tensor)!.rowPitch : 0;
        largest.set(tensor, Math.max(largest.get(tensor) ?? 0, own));
      }
    }
    const inputs = [...largest.values()].reduce((sum, own) => sum + own, 0);
    const outputs = spilled.has(group[0]!.output) ? rows * rowPitch : 0;
    return (inputs + outputs) * Math.min(2, bands.length);
  };
  for (let count = 1; count < shape.height; count++) {
    const rows = Math.ceil(shape.height / count);
    if (buffers(rows) <= budget) return cut(rows);
  }
  return cut(1);
}

/** The rows of each input that a band of the output needs; the steps that read the same tensor taken together. */
function inputRows(
  group: readonly LoweredStep[],
  band: Rows,
  { layouts }: LoweredNetwork,
): ReadonlyMap<string, Rows> {
  const needed = new Map<string, Rows>();
  for (const step of group) {
    const own = ownRows(step, band);
    if (own.end <= own.first) continue;
    for (const tensor of [step.input, step.second]) {
      if (tensor === undefined) continue;
      const rows = readRows(step, own, layouts.get(tensor)!.shape.height);
      const before = needed.get(tensor) ?? rows;
      needed.set(tensor, {
        first: Math.min(before.first, rows.first),
        end: Math.max(before.end, rows.end),
      });
    }
  }
  return needed;
}

/** Rows of its own output that a step computes in a band of the tensor. */
function ownRows({ compute }: LoweredStep, band: Rows): Rows {
  const top = topOf(compute);
  return {
    first: Math.max(band.first - top, 0),
    end: Math.min(band.end - top, compute.outputHeight),
  };
}

/** Rows of the input for output rows; none (first = end) where the window lies wholly in the padding. */
function readRows(step: LoweredStep, { first, end }: Rows, height: number): Rows {
  const { padTop } = step.compute;
  const from = Math.max(0, first * strideOf(step) - padTop);
  const to = Math.min(height, (end - 1) * strideOf(step) - padTop + step.window);
  return { first: from, end: Math.max(from, to) };
}

/** A step's part of a band; nothing where it has none. Addresses of tensors outside count from their buffers. */
function bandStep(
  step: LoweredStep,
  band: Rows,
  read: ReadonlyMap<string, Rows>,
  { layouts }: LoweredNetwork,
  spilled: ReadonlyMap<string, Home>,
): readonly LoweredStep[] {
  const { compute } = step;
  const { rowPitch } = layouts.get(step.output)!;
  const start = spilled.has(step.output) ? band.first : 0;
  if (compute.operation === 'fill') {
    const fillWords = (band.end - band.first) * rowPitch;
    return [{ ...step, compute: { ...compute, fillWords, outputBase: (band.first - start) * rowPitch } }];
  }
  const own = ownRows(step, band);
  if (own.end <= own.first) return [];
  const rows = readRows(step, own, layouts.get(step.input!)!.shape.height);
  const firstWord = (tensor: string | undefined): number => {
    if (tensor === undefined) return 0;
    const from = spilled.has(tensor) ? read.get(tensor)!.first : 0;
    return rows.end > rows.first ? (rows.first - from) * layouts.get(tensor)!.rowPitch : 0;
  };
  return [
    {
      ...step,
      compute: {
        ...compute,
        inputBase: compute.inputBase + firstWord(step.input),
        secondBase: compute.secondBase + firstWord(step.second),
        outputBase: compute.outputBase + (own.first - start) * rowPitch,
        inputHeight: rows.end - rows.first,
        outputHeight: own.end - own.first,
        padTop: Math.max(0, compute.padTop - own.first * strideOf(step)),
      },
    },
  ];
}

function rename(
  step: LoweredStep,
  spilled: ReadonlyMap<string, Home>,
  buffer: (tensor: string) => string,
): StagedStep {
  const name = (tensor: string): string => (spilled.has(tensor) ? buffer(tensor) : tensor);
  return {
    ...step,
    ...(step.input === undefined ? {} : { input: name(step.input) }),
    ...(step.second === undefined ? {} : { second: name(step.second) }),
    output: name(step.output),
    transfers: [],
  };
}

/** First row of the output tensor that a step writes. */
function topOf({ outputBase, outputRowPitch }: LoweredStep['compute']): number {
  return outputRowPitch === 0 ? 0 : Math.floor(outputBase / outputRowPitch);
}

/** Rows of the input from output row to output row; an addition has no field for it. */
function strideOf({ compute }: LoweredStep): number {
  return compute.operation === 'add' ? 1 : compute.strideY;
}
