import { badInput, type Fault, show } from '../base/errors.ts';
import { sha256 } from '../base/files.ts';
import { isMixture, type LayerMultiplier } from '../dnn/assignment.ts';
import type { LayerVariant } from '../dnn/layer-variant.ts';
import { parseSpec } from '../multiplier/parse-spec.ts';
import type { MultiplierSpec, TableSpec } from '../multiplier/spec.ts';
import { pack, unpack } from './pack.ts';

/** Bytes of a layer's variant; its truth tables go by themselves. */
export function packVariant({ multiplier, weights, bias, inputScaleFactor }: LayerVariant): Uint8Array {
  return pack({
    kind: KIND,
    multiplier: isMixture(multiplier) ? { specs: multiplier.specs, index: multiplier.index } : multiplier,
    ...(weights === undefined ? {} : { weights }),
    ...(bias === undefined ? {} : { bias }),
    ...(inputScaleFactor === undefined ? {} : { inputScaleFactor }),
  });
}

/** SHA-256 of its bytes; asked once per variant. */
export function variantDigest(variant: LayerVariant): string {
  const known = digests.get(variant);
  if (known !== undefined) return known;
  const digest = sha256(packVariant(variant));
  digests.set(variant, digest);
  return digest;
}

const digests = new WeakMap<LayerVariant, string>();

/**
 * The variant of such bytes. That it fits its network, applyVariants looks at.
 * @param where what to call the bytes in errors
 * @throws bad-input with every fault found
 */
export function unpackVariant(bytes: Uint8Array, where: string): LayerVariant {
  const value = unpack(bytes, where);
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Readonly<
    Record<string, unknown>
  >;
  const { kind, multiplier, weights, bias, inputScaleFactor, ...others } = fields;
  const faults: Fault[] = [];
  const want = (isRight: boolean, wanted: string, found: unknown): void => {
    if (!isRight) faults.push({ where, wanted, found: show(found) });
  };
  want(kind === KIND, `kind "${KIND}"`, kind);
  want(weights === undefined || weights instanceof Int8Array, 'weights in int8', weights);
  want(bias === undefined || bias instanceof Int32Array, 'biases in int32', bias);
  want(
    inputScaleFactor === undefined || (typeof inputScaleFactor === 'number' && inputScaleFactor > 0),
    'a scale factor above 0',
    inputScaleFactor,
  );
  want(Object.keys(others).length === 0, 'no other fields', Object.keys(others));
  if (faults.length > 0) throw badInput(faults, 'It was not written by this version of maxdnn.');
  return {
    multiplier: checkedMultiplier(multiplier, where),
    ...(weights === undefined ? {} : { weights: weights as Int8Array }),
    ...(bias === undefined ? {} : { bias: bias as Int32Array }),
    ...(inputScaleFactor === undefined ? {} : { inputScaleFactor: inputScaleFactor as number }),
  };
}

/** Truth tables that a multiplier names. */
export function tableSpecs(multiplier: LayerMultiplier): readonly TableSpec[] {
  const specs: readonly MultiplierSpec[] = isMixture(multiplier) ? multiplier.specs : [multiplier];
  return specs.filter((spec): spec is TableSpec => spec.family === 'table');
}

const KIND = 'layer-variant';
const SPECS_MAX = 255;

function checkedMultiplier(value: unknown, where: string): LayerMultiplier {
  if (typeof value !== 'object' || value === null || !('specs' in value)) return parseSpec(value, where);
  const { specs, index } = value as Readonly<Record<string, unknown>>;
  if (
    !Array.isArray(specs) ||
    specs.length < 1 ||
    specs.length > SPECS_MAX ||
    !(index instanceof Uint8Array)
  ) {
    throw badInput(
      { where, wanted: `1 … ${SPECS_MAX} specs and an index of bytes`, found: show(specs) },
      'It was not written by this version of maxdnn.',
    );
  }
  return { specs: specs.map((spec, at) => parseSpec(spec, `${where}: specs[${at}]`)), index };
}
