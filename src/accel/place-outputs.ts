import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import { type ArraySpec, externalBytes } from './array-spec.ts';
import type { OutputLocation } from './memory-words.ts';
import type { TensorPlan } from './tensors.ts';

/** The output area. */
export interface PlacedOutputs {
  /** Bytes from the output base of each tensor that is stored. */
  readonly offsets: ReadonlyMap<string, number>;
  readonly locations: readonly OutputLocation[];
  readonly bytes: number;
}

/**
 * Places tensors in the output area, one after the other in the order of the layers; each once.
 * @param dumpsLayers store the tensors of all layers, not only of the last one
 */
export function placeOutputs(
  { layers }: QuantisedNetwork,
  { layouts, views }: TensorPlan,
  spec: ArraySpec,
  dumpsLayers: boolean,
): PlacedOutputs {
  const stored = dumpsLayers ? layers : layers.slice(-1);
  const offsets = new Map<string, number>();
  let bytes = 0;
  const locations = stored.map(({ name }): OutputLocation => {
    const { tensor, shape, top, left, channel } = views.get(name)!;
    const { pitch, rowPitch, words, isWide } = layouts.get(tensor)!;
    if (!offsets.has(tensor)) {
      offsets.set(tensor, bytes);
      bytes += words * externalBytes(spec.rows);
    }
    return {
      layer: name,
      offset: offsets.get(tensor)!,
      words,
      ...shape,
      firstWord: top * rowPitch + left * pitch,
      pitch,
      rowPitch,
      firstChannel: channel,
      wide: isWide,
    };
  });
  return { offsets, locations, bytes };
}
