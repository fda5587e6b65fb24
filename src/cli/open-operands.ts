import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { badInput, show } from '../base/errors.ts';
import { readOperands, type StoredOperands } from '../dnn/operand-file.ts';
import { OPERAND_ORDERS } from '../dnn/record-operands.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import { layerSource, OPERAND_ROLES } from '../power/layer-stream.ts';
import { csvSource, readOperandCsv, specsForOperands } from '../power/operand-csv.ts';
import type { StreamSource } from '../power/stream.ts';
import type { OperandOrigin } from '../synth/energy-table.ts';

/** Streams to price beside the uniform one; what buildEnergyTable takes as `operands`. */
export interface OpenedOperands {
  readonly streams: readonly StreamSource[];
  /** Of a recording only. */
  readonly origin?: OperandOrigin;
}

/**
 * Operands of --operands: a recording (operands.json of record), or pairs of the user (.csv).
 * @param specs the designs to be priced
 * @throws bad-input when it is neither, is damaged, or none of the designs can hold the user's pairs
 */
export function openOperands(path: string, specs: readonly MultiplierSpec[]): OpenedOperands {
  switch (extname(path).toLowerCase()) {
    case '.json':
      return recordedStreams(readOperands(path));
    case '.csv': {
      const operands = readOperandCsv(path);
      specsForOperands(operands, specs);
      return { streams: [csvSource(operands)] };
    }
    default:
      throw badInput(
        {
          where: '--operands',
          wanted: 'operands.json of "maxdnn record", or a .csv file',
          found: show(path),
        },
        existsSync(path) ? 'Rename pairs of your own to a name that ends in .csv.' : 'Check the path.',
      );
  }
}

/** Each layer's operands in both orders, with the weight and with the activation on port b. */
export function recordedStreams({ file, record }: StoredOperands): OpenedOperands {
  const { network, dataset, images, seed, array } = record;
  const streams = record.layers.flatMap(({ layer, pairs }) =>
    OPERAND_ORDERS.flatMap((kind) =>
      OPERAND_ROLES.map((role) => layerSource({ kind, layer, ...pairs[kind] }, role)),
    ),
  );
  const origin = {
    sha256: file.sha256,
    network,
    dataset: { ...dataset, images: images.length },
    seed,
    array,
    layers: record.layers.map(({ layer, multiplicationsPerImage, activationsPerWeight }) => ({
      layer,
      multiplicationsPerImage,
      activationsPerWeight,
    })),
  };
  return { streams, origin };
}
