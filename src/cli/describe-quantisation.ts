import type { LayerQuantisation } from '../dnn/quantise.ts';

/** A line per layer: what its values are, what a code stands for, what is cut off, how fine the weights are. */
export function describeLayers(
  layers: readonly LayerQuantisation[],
  multiplications: ReadonlyMap<string, number>,
): readonly string[] {
  const rows = layers.map((layer) => [
    layer.name,
    layer.op,
    String(multiplications.get(layer.name) ?? ''),
    figure(layer.smallest),
    figure(layer.largest),
    figure(layer.outputScale),
    layer.saturatedShare === undefined ? '' : (100 * layer.saturatedShare).toFixed(3),
    layer.weightSqnrDb === undefined ? '' : layer.weightSqnrDb.toFixed(1),
  ]);
  const table = [HEAD, ...rows];
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}

const HEAD = [
  'layer',
  'operator',
  'products/image',
  'smallest',
  'largest',
  'step',
  'saturated %',
  'weight SQNR dB',
] as const;

/** Four significant digits. */
function figure(value: number): string {
  return Number(value.toPrecision(4)).toString();
}
