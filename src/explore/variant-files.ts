import { join } from 'node:path';
import { type ArtifactHeader, artifactHeader, digestOf, reusableArtifact } from '../base/artifact.ts';
import { writeFileAtomic } from '../base/files.ts';
import { isMixture } from '../dnn/assignment.ts';
import { multiplierDigest } from '../dnn/layer-digest.ts';
import type { LayerVariant } from '../dnn/layer-variant.ts';
import type { VariantOf } from './explore-request.ts';

/** A tuned layer without its multiplier. */
interface VariantFile extends ArtifactHeader<'layer-variant'> {
  readonly weights?: string;
  readonly bias?: readonly number[];
  readonly weightScaleFactors?: readonly number[];
  readonly inputScaleFactor?: number;
}

/**
 * Keeps tuned layers in files, so that a run that was stopped does not tune them again: up to seconds each. Mixtures, of
 * which there are too many, are not kept.
 * @param inputs SHA-256 of all that tuning follows from
 */
export function variantFiles(
  folder: string,
  inputs: Readonly<Record<string, string>>,
  variantOf: VariantOf,
): VariantOf {
  return (layer, multiplier) => {
    if (isMixture(multiplier)) return variantOf(layer, multiplier);
    const own = { ...inputs, layer, multiplier: multiplierDigest(multiplier) };
    const path = join(folder, `${digestOf(own).slice(0, 24)}.json`);
    const found = reusableArtifact<VariantFile>(path, 'layer-variant', 1, own);
    if (found !== undefined) return decode(found, multiplier);
    const variant = variantOf(layer, multiplier);
    const file: VariantFile = { ...artifactHeader('layer-variant', 1, own), ...encode(variant) };
    writeFileAtomic(path, JSON.stringify(file));
    return variant;
  };
}

type Constants = Omit<VariantFile, keyof ArtifactHeader>;

function encode({ weights, bias, weightScaleFactors, inputScaleFactor }: LayerVariant): Constants {
  return {
    ...(weights === undefined ? {} : { weights: Buffer.from(weights).toString('base64') }),
    ...(bias === undefined ? {} : { bias: [...bias] }),
    ...(weightScaleFactors === undefined ? {} : { weightScaleFactors }),
    ...(inputScaleFactor === undefined ? {} : { inputScaleFactor }),
  };
}

function decode(
  { weights, bias, weightScaleFactors, inputScaleFactor }: Constants,
  multiplier: LayerVariant['multiplier'],
): LayerVariant {
  return {
    multiplier,
    ...(weights === undefined ? {} : { weights: Int8Array.from(Buffer.from(weights, 'base64')) }),
    ...(bias === undefined ? {} : { bias: Int32Array.from(bias) }),
    ...(weightScaleFactors === undefined ? {} : { weightScaleFactors }),
    ...(inputScaleFactor === undefined ? {} : { inputScaleFactor }),
  };
}
