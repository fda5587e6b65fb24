import { badInput, show } from '../../base/errors.ts';
import { readInputFile } from '../../base/files.ts';
import { type FlatTable, fileIdentifier, rootTable } from './flat-table.ts';
import { operatorName } from './operator-names.ts';

/** How codes of a tensor stand for numbers: (code − zeroPoint) · scale, one pair or one per slice along `axis`. */
export interface TfliteQuantisation {
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  readonly axis: number;
}

export interface TfliteTensor {
  readonly index: number;
  readonly name: string;
  /** Sizes; what the model leaves open (a size of −1 in its shape signature) is −1. */
  readonly shape: readonly number[];
  /** "float32", "int8", …, as in the schema's TensorType. */
  readonly type: string;
  /** Little-endian content of a constant; absent for what is computed. */
  readonly content?: Uint8Array;
  readonly quantisation?: TfliteQuantisation;
}

export interface TfliteOperator {
  readonly index: number;
  /** As in the schema's BuiltinOperator, for example "CONV_2D". */
  readonly name: string;
  /** Indices of tensors; −1 where an optional input is absent. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** The operator's options table; absent where it has none. Its field ids depend on the operator. */
  readonly options?: FlatTable;
}

/** The only subgraph of a TensorFlow Lite model; operators in the order in which they are run. */
export interface TfliteModel {
  readonly path: string;
  readonly tensors: readonly TfliteTensor[];
  readonly operators: readonly TfliteOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/**
 * Reads a TensorFlow Lite model (.tflite). Field ids are those of the schema.
 * Source: TensorFlow, tensorflow/compiler/mlir/lite/schema/schema.fbs (version 3, identifier TFL3).
 * @throws bad-input when the file is missing, empty, cut off, of another kind or has several subgraphs
 */
export function readTfliteModel(path: string): TfliteModel {
  const file = readInputFile(path, WANTED);
  const identifier = fileIdentifier(file);
  if (identifier !== 'TFL3') {
    const found =
      identifier === undefined ? `${file.length} bytes` : `a file with the identifier ${show(identifier)}`;
    throw badInput({ where: path, wanted: `${WANTED}, identifier "TFL3"`, found }, 'Check the path.');
  }
  const onBroken = (found: string): never => {
    throw badInput(
      { where: path, wanted: WANTED, found },
      'The file is cut off or damaged: fetch or export it again.',
    );
  };
  const model = rootTable(file, onBroken);
  const version = model.uint32(0, 0);
  if (version !== 3) onBroken(`schema version ${version} instead of 3`);
  const subgraphs = model.tables(2);
  if (subgraphs.length !== 1) {
    throw badInput(
      { where: path, wanted: 'one subgraph', found: String(subgraphs.length) },
      'Models with control flow or several entry points cannot be imported: export the inference graph alone.',
    );
  }
  const buffers = model.tables(4);
  const codes = model.tables(1).map(operatorCode);
  const graph = subgraphs[0]!;
  const tensors = graph.tables(0).map((table, index) => readTensor(table, index, buffers, onBroken));
  const operators = graph.tables(3).map((table, index) => readOperator(table, index, codes, onBroken));
  const [inputs, outputs] = [graph.int32s(1), graph.int32s(2)];
  const used = [...inputs, ...outputs, ...operators.flatMap((one) => [...one.inputs, ...one.outputs])];
  const bad = used.find((index) => index < -1 || index >= tensors.length);
  if (bad !== undefined) onBroken(`tensor ${bad} of ${tensors.length}`);
  return { path, tensors, operators, inputs, outputs };
}

const WANTED = 'a TensorFlow Lite model (.tflite)';

/** Names of the schema's TensorType in order. */
const TYPES =
  'float32 float16 int32 uint8 int64 string bool int16 complex64 int8 float64 complex128 uint64 resource variant uint32 uint16 int4'.split(
    ' ',
  );

/** The larger of the older one-byte code and the newer one. Source: schema_utils.cc, GetBuiltinCode. */
function operatorCode(table: FlatTable): string {
  const code = Math.max(table.int8(0, 0), table.int32(3, 0));
  const name = operatorName(code);
  return name === 'CUSTOM' ? `CUSTOM (${table.text(1)})` : name;
}

function readTensor(
  table: FlatTable,
  index: number,
  buffers: readonly FlatTable[],
  onBroken: (found: string) => never,
): TfliteTensor {
  const bufferIndex = table.uint32(2, 0);
  const buffer = buffers[bufferIndex];
  if (!buffer) return onBroken(`buffer ${bufferIndex} of ${buffers.length} in tensor ${index}`);
  const content = buffer.bytes(0);
  const signature = table.int32s(7);
  const shape = table.int32s(0).map((size, axis) => (signature[axis] === -1 ? -1 : size));
  const typeCode = table.int8(1, 0);
  const quantisation = table.table(4);
  const scales = quantisation?.float32s(2) ?? [];
  return {
    index,
    name: table.text(3),
    shape,
    type: TYPES[typeCode] ?? `type ${typeCode}`,
    ...(content.length > 0 ? { content } : {}),
    ...(quantisation && scales.length > 0
      ? { quantisation: { scales, zeroPoints: quantisation.int64s(3), axis: quantisation.int32(6, 0) } }
      : {}),
  };
}

function readOperator(
  table: FlatTable,
  index: number,
  codes: readonly string[],
  onBroken: (found: string) => never,
): TfliteOperator {
  const codeIndex = table.uint32(0, 0);
  const name = codes[codeIndex];
  if (name === undefined) return onBroken(`operator code ${codeIndex} of ${codes.length}`);
  const options = table.table(4);
  return {
    index,
    name,
    inputs: table.int32s(1),
    outputs: table.int32s(2),
    ...(options ? { options } : {}),
  };
}
