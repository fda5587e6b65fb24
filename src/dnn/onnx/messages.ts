import { badInput, show } from '../../base/errors.ts';
import { readInputFile } from '../../base/files.ts';
import {
  DATA_TYPES,
  INPUT_METADATA,
  MODEL_MESSAGE,
  type RawAttribute,
  type RawModel,
  type RawNode,
} from './schema.ts';
import { type OnnxTensor, shortestDecimal, tensorOf } from './tensors.ts';

/** Operator sets that can be read. */
export const OPSETS = { oldest: 11, newest: 19 } as const;

export interface OnnxModel {
  readonly opset: number;
  /** In the order of the file, in which each reads only earlier ones. */
  readonly nodes: readonly OnnxNode[];
  /** Initialisers by name. */
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  /** Inputs that are no initialisers. */
  readonly inputs: readonly OnnxInput[];
  readonly outputs: readonly string[];
  /** How our own exported models scale their input. */
  readonly inputScale?: { readonly scale: number; readonly zeroPoint: number };
}

export interface OnnxInput {
  readonly name: string;
  readonly type: 'float32' | 'uint8' | 'int8' | 'other';
  /** A size, the name of a dynamic one, or "?". */
  readonly sizes: readonly (number | string)[];
}

export interface OnnxNode {
  /** May be empty. */
  readonly name: string;
  /** Operator, with its domain in front where that is not the standard one. */
  readonly op: string;
  /** Values it reads; "" for one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: OnnxAttributes;
}

/** Attributes of a node by kind; undefined where the node has none of that name. */
export interface OnnxAttributes {
  integer(name: string): number | undefined;
  integers(name: string): readonly number[] | undefined;
  float(name: string): number | undefined;
  floats(name: string): readonly number[] | undefined;
  text(name: string): string | undefined;
  tensor(name: string): OnnxTensor | undefined;
}

/** How to call a node in errors. */
export function nodeText(node: OnnxNode): string {
  return `node ${show(node.name || node.outputs[0] || '')} (${node.op})`;
}

/**
 * Reads an ONNX model (binary .onnx).
 * @throws bad-input when the file is missing, empty, cut off or something else, or of an operator set beyond 11 … 19
 */
export function readOnnxModel(path: string): OnnxModel {
  const bytes = readInputFile(path, 'an ONNX model (.onnx)');
  const wanted = 'an ONNX model (binary .onnx)';
  if (Buffer.from(bytes.subarray(4, 8)).toString('latin1') === 'TFL3') {
    throw badInput(
      { where: path, wanted, found: 'a TensorFlow Lite model' },
      'Name the file with .tflite at its end.',
    );
  }
  let model: RawModel;
  try {
    model = MODEL_MESSAGE.toObject(MODEL_MESSAGE.decode(bytes), { longs: Number }) as RawModel;
  } catch (error) {
    const found = `${bytes.length} bytes that do not decode (${(error as Error).message})`;
    throw badInput({ where: path, wanted, found }, 'The file is cut off or of another format.', error);
  }
  const { graph } = model;
  const nodes = graph?.node ?? [];
  if (graph === undefined || nodes.length === 0 || nodes.some((node) => !node.opType)) {
    const found =
      graph === undefined
        ? 'no graph'
        : nodes.length === 0
          ? 'a graph without nodes'
          : 'nodes without operator';
    throw badInput({ where: path, wanted, found }, 'The file is cut off or of another format.');
  }
  const constants = new Map(
    (graph.initializer ?? []).map((raw) => [
      raw.name ?? '',
      tensorOf(raw, `${path}, tensor ${show(raw.name ?? '')}`),
    ]),
  );
  return {
    opset: opsetOf(model, path),
    nodes: nodes.map((node) => nodeOf(node, path)),
    constants,
    inputs: (graph.input ?? []).flatMap((info) => (constants.has(info.name ?? '') ? [] : [inputOf(info)])),
    outputs: (graph.output ?? []).map(({ name }) => name ?? ''),
    ...inputScaleOf(model),
  };
}

function inputScaleOf(model: RawModel): Pick<OnnxModel, 'inputScale'> {
  const text = model.metadataProps?.find(({ key }) => key === INPUT_METADATA)?.value;
  const match = /^\{"scale":([0-9.e-]+),"zeroPoint":([0-9.e-]+)\}$/.exec(text ?? '');
  return match ? { inputScale: { scale: Number(match[1]), zeroPoint: Number(match[2]) } } : {};
}

function opsetOf(model: RawModel, path: string): number {
  const standard = model.opsetImport?.find(({ domain }) => ['', 'ai.onnx'].includes(domain ?? ''));
  const version = standard?.version ?? 0;
  if (version >= OPSETS.oldest && version <= OPSETS.newest) return version;
  throw badInput(
    {
      where: path,
      wanted: `operator set ${OPSETS.oldest} … ${OPSETS.newest}`,
      found: standard === undefined ? 'none' : String(version),
    },
    'Convert the model, for example with onnx.version_converter.convert_version(model, 17) in Python.',
  );
}

function inputOf(info: NonNullable<NonNullable<RawModel['graph']>['input']>[number]): OnnxInput {
  const tensor = info.type?.tensorType;
  const types = ['float32', 'uint8', 'int8'] as const;
  const type = types.find((name) => DATA_TYPES[name] === tensor?.elemType) ?? 'other';
  const sizes = (tensor?.shape?.dim ?? []).map(({ dimValue = 0, dimParam }) =>
    dimValue > 0 ? dimValue : dimParam || '?',
  );
  return { name: info.name ?? '', type, sizes };
}

function nodeOf(node: RawNode, path: string): OnnxNode {
  const domain = node.domain ?? '';
  const read = {
    name: node.name ?? '',
    op: ['', 'ai.onnx'].includes(domain) ? node.opType! : `${domain}.${node.opType}`,
    inputs: node.input ?? [],
    outputs: node.output ?? [],
  };
  const find = (name: string): RawAttribute | undefined => node.attribute?.find((each) => each.name === name);
  const attributes: OnnxAttributes = {
    integer: (name) => find(name) && (find(name)!.i ?? 0),
    integers: (name) => find(name) && (find(name)!.ints ?? []),
    float: (name) => find(name) && shortestDecimal(find(name)!.f ?? 0),
    floats: (name) => find(name) && (find(name)!.floats ?? []),
    text: (name) => find(name) && Buffer.from(find(name)!.s ?? []).toString('utf8'),
    tensor: (name) => {
      const raw = find(name)?.t;
      return raw && tensorOf(raw, `${path}, ${nodeText({ ...read, attributes })}, ${name}`);
    },
  };
  return { ...read, attributes };
}
