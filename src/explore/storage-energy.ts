import { badInput, type Fault } from '../base/errors.ts';
import {
  convGeometry,
  isWeighted,
  type QuantisedNetwork,
  quantisedShapes,
  sizeOf,
  type WeightedLayer,
} from '../dnn/quantised-network.ts';
import type { ArrayShape } from '../dnn/record-operands-schedule.ts';
import type { EnergySplit } from './accelerator-energy.ts';
import { countAccesses, type LayerAccesses } from './access-counts.ts';
import type { MemoryParameters, StorageParameters } from './storage-parameters.ts';

/** Bytes between DRAM and the SRAMs, per image. */
export interface DramTraffic {
  /** Weights, the image, and maps that did not stay on the chip. Fractions where a batch shares a fetch. */
  readonly readBytes: number;
  /** Logits, and maps that do not stay on the chip. */
  readonly writeBytes: number;
  /** What of readBytes is written to the weight and to the activation SRAM. */
  readonly weightFillBytes: number;
  readonly activationFillBytes: number;
}

export interface LayerStorage {
  readonly layer: string;
  readonly accesses: LayerAccesses;
  readonly dram: DramTraffic;
  readonly energy: Pick<EnergySplit, 'activationSramNj' | 'weightSramNj' | 'accumulatorSramNj' | 'dramNj'>;
}

/** Bits of an activation, weight or byte; and bytes of a logit. */
const CODE_BITS = 8;
const LOGIT_BYTES = 4;

/**
 * Storage energy of each convolution and dense layer for one image. Words of the memories are used whole. A layer
 * whose two maps do not fit the activation SRAM together has both in DRAM, so that its neighbours find theirs there
 * too; all other maps stay on the chip. Weights come from DRAM once per imagesPerWeightFetch images, and once per tile of output positions
 * when a layer's weights do not fit their SRAM. Layers without weights (pooling, residual sums) are not counted.
 * @throws bad-input when resident weights or the array's partial sums do not fit their SRAMs
 */
export function storageEnergy(
  network: QuantisedNetwork,
  array: ArrayShape,
  accumulatorBits: number,
  storage: StorageParameters,
): readonly LayerStorage[] {
  const layers = network.layers.filter(isWeighted);
  checkCapacities(layers, array, accumulatorBits, storage);
  const shapes = quantisedShapes(network);
  const maps = layers.map((layer) => ({
    inBytes: sizeOf(shapes.get(layer.inputs[0]!)!),
    outBytes: sizeOf(shapes.get(layer.name)!),
  }));
  const isSpilled = maps.map(
    ({ inBytes, outBytes }) => inBytes + outBytes > storage.activationSram.capacityBytes,
  );
  return layers.map((layer, index): LayerStorage => {
    const geometry = convGeometry(layer, shapes.get(layer.inputs[0]!)!, shapes.get(layer.name)!);
    const accesses = countAccesses(geometry, array);
    const { inBytes, outBytes } = maps[index]!;
    const weightFillBytes = weightFill(layer, accesses, storage);
    const isRead = index === 0 || isSpilled[index - 1]! || isSpilled[index]!;
    const activationFillBytes = isRead ? inBytes : 0;
    const isWritten = isSpilled[index]! || (isSpilled[index + 1] ?? false);
    const writeBytes =
      index === layers.length - 1 ? LOGIT_BYTES * layer.bias.length : isWritten ? outBytes : 0;
    const readBytes = weightFillBytes + activationFillBytes;
    const dram = { readBytes, writeBytes, weightFillBytes, activationFillBytes };
    return { layer: layer.name, accesses, dram, energy: energyOf(accesses, dram, accumulatorBits, storage) };
  });
}

/** Bytes of weights fetched from DRAM per image. */
function weightFill(
  { weights }: WeightedLayer,
  { weightReads }: LayerAccesses,
  { weightSram, weightsResident, imagesPerWeightFetch }: StorageParameters,
): number {
  if (weightsResident) return 0;
  const fitsSram = weights.length <= weightSram.capacityBytes;
  return (fitsSram ? weights.length : weightReads) / imagesPerWeightFetch;
}

function energyOf(
  accesses: LayerAccesses,
  dram: DramTraffic,
  accumulatorBits: number,
  storage: StorageParameters,
): LayerStorage['energy'] {
  const nj = (memory: MemoryParameters, bits: number, reads: number, writes: number): number =>
    (bits / memory.wordBits) * (reads * memory.readPj + writes * memory.writePj) * 1e-3;
  const { activationReads, activationWrites, weightReads, accumulatorReads, accumulatorWrites } = accesses;
  const activationsWritten = activationWrites + dram.activationFillBytes;
  return {
    activationSramNj: nj(storage.activationSram, CODE_BITS, activationReads, activationsWritten),
    weightSramNj: nj(storage.weightSram, CODE_BITS, weightReads, dram.weightFillBytes),
    accumulatorSramNj: nj(storage.accumulatorSram, accumulatorBits, accumulatorReads, accumulatorWrites),
    dramNj: nj(storage.dram, CODE_BITS, dram.readBytes, dram.writeBytes),
  };
}

function checkCapacities(
  layers: readonly WeightedLayer[],
  { columns, accumulatorDepth }: ArrayShape,
  accumulatorBits: number,
  { weightSram, accumulatorSram, weightsResident }: StorageParameters,
): void {
  const faults: Fault[] = [];
  const weightBytes = layers.reduce((sum, { weights }) => sum + weights.length, 0);
  if (weightsResident && weightBytes > weightSram.capacityBytes) {
    faults.push({
      where: 'storage: weightSram.capacityBytes',
      wanted: `at least ${weightBytes}, all weights, as weightsResident says`,
      found: String(weightSram.capacityBytes),
    });
  }
  const sumBytes = Math.ceil((columns * accumulatorDepth * accumulatorBits) / 8);
  if (sumBytes > accumulatorSram.capacityBytes) {
    faults.push({
      where: 'storage: accumulatorSram.capacityBytes',
      wanted: `at least ${sumBytes}: ${columns} columns of ${accumulatorDepth} sums of ${accumulatorBits} bits`,
      found: String(accumulatorSram.capacityBytes),
    });
  }
  if (faults.length > 0) throw badInput(faults, 'Give larger memories with --storage, or a smaller array.');
}
