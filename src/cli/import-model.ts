import { extname } from 'node:path';
import { badInput, show } from '../base/errors.ts';
import type { FloatNetwork } from '../dnn/network.ts';
import { importOnnx } from '../dnn/onnx/import-onnx.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import { type ImportFormat, isImportedNetwork, readQuantisedNetwork } from '../dnn/quantised-network-file.ts';
import { importTensorflowGraph } from '../dnn/tensorflow/import-tensorflow.ts';
import { importTflite } from '../dnn/tflite/import-tflite.ts';
import type { CommandArguments, CommandOption } from './command.ts';
import { textOption } from './options.ts';
import type { Workspace } from './workspace.ts';

/** How a model wants its pixels: x = u8 · scale + shift. */
export interface PixelScale {
  readonly scale: number;
  readonly shift: number;
}

/** A model file of another tool, as a network of ours. */
export type ImportedModel =
  | {
      readonly kind: 'float';
      readonly network: FloatNetwork;
      /** What had to be assumed. */
      readonly note?: string;
    }
  | { readonly kind: 'quantised'; readonly network: QuantisedNetwork; readonly format: ImportFormat };

/** Endings of the model files that can be imported. */
export const MODEL_ENDINGS: readonly string[] = ['.onnx', '.pb', '.tflite'];

/**
 * Imports an ONNX, TensorFlow or TensorFlow Lite model by the ending of its file.
 * @param inputScale how a model wants its pixels where it does not say itself
 * @throws bad-input
 */
export function importModelFile(path: string, inputScale?: PixelScale): ImportedModel {
  const options = inputScale ? { inputScale } : {};
  switch (extname(path).toLowerCase()) {
    case '.onnx': {
      const imported = importOnnx(path, options);
      return imported.kind === 'float' ? imported : { ...imported, format: 'ONNX' };
    }
    case '.tflite': {
      const imported = importTflite(path, options);
      if (imported.kind === 'quantised') return { ...imported, format: 'TensorFlow Lite' };
      return inputScale ? imported : { ...imported, note: PIXELS_ASSUMED };
    }
    case '.pb':
      return { kind: 'float', network: importTensorflowGraph(path) };
    default:
      throw badInput(
        { where: 'import', wanted: `a file that ends in ${MODEL_ENDINGS.join(', ')}`, found: show(path) },
        'Export the model in one of these formats.',
      );
  }
}

const PIXELS_ASSUMED =
  'pixels taken as u8/128 − 1, because a TensorFlow Lite model of float32 does not say (--input-scale SCALE,SHIFT)';

/** The int8 model that was imported into the work folder, unless --network names another one. @throws bad-input */
export function importedNetwork(args: CommandArguments, place: Workspace): QuantisedNetwork | undefined {
  const path = place.quantisedNetwork;
  if (textOption(args, 'network') !== undefined || !isImportedNetwork(path)) return undefined;
  return readQuantisedNetwork(path);
}

export const INPUT_SCALE_OPTION: CommandOption = {
  type: 'string',
  value: 'SCALE,SHIFT',
  describe:
    'pixels as the model wants them: u8 · SCALE + SHIFT (default: as it says itself, else u8/128 − 1)',
};

/** --input-scale. @throws bad-input */
export function inputScaleOption(args: CommandArguments): PixelScale | undefined {
  const text = textOption(args, 'input-scale');
  if (text === undefined) return undefined;
  const [scale, shift, ...more] = text.split(',').map(Number);
  if (scale !== undefined && shift !== undefined && more.length === 0) {
    if (scale > 0 && Number.isFinite(scale) && Number.isFinite(shift)) return { scale, shift };
  }
  throw badInput(
    { where: '--input-scale', wanted: 'SCALE,SHIFT with SCALE above 0', found: show(text) },
    'For example --input-scale 0.0078125,-1 for u8/128 − 1, or 1,0 for u8.',
  );
}
