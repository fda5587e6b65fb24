import { basename } from 'node:path';
import { badInput, show } from '../../base/errors.ts';
import { readInputFile, sha256 } from '../../base/files.ts';
import { readGraphDef, type TfNode } from '../../dnn/tensorflow/messages.ts';

/** A convolution whose multiplications go through a multiplier. */
export interface AlwannConv {
  /** conv0, conv1, … in the order of execution, as the importers name them. */
  readonly name: string;
  readonly node: string;
}

/** A classifier as TensorFlow 1.14's transform_graph quantised it: uint8, ranges by batch, batch norms by batch. */
export interface AlwannGraph {
  readonly name: string;
  readonly sha256: string;
  /** Nodes that the output needs, each after its inputs. */
  readonly nodes: readonly TfNode[];
  readonly output: string;
  readonly convs: readonly AlwannConv[];
}

/** Operators that can be run (operators.ts). */
export const GRAPH_OPERATORS = [
  'Const',
  'Placeholder',
  'RealDiv',
  'Sub',
  'Reshape',
  'Min',
  'Max',
  'QuantizeV2',
  'QuantizedConv2D',
  'AxConv2D',
  'RequantizationRange',
  'Requantize',
  'Dequantize',
  'FusedBatchNorm',
  'QuantizedRelu',
  'QuantizedAdd',
  'QuantizedAvgPool',
  'Pad',
  'Mean',
  'QuantizedMatMul',
  'QuantizedBiasAdd',
] as const;

export type GraphOperator = (typeof GRAPH_OPERATORS)[number];

/** Convolutions that ALWANN puts its multipliers into. */
export function isApproximable({ op }: TfNode): boolean {
  return op === 'QuantizedConv2D' || op === 'AxConv2D';
}

/**
 * Reads a graph as ALWANN runs it.
 * @throws bad-input for a file of another kind, operators that cannot be run, or a graph that is not quantised
 */
export function readAlwannGraph(path: string): AlwannGraph {
  const all = new Map(readGraphDef(path).map((node) => [node.name, node]));
  const read = new Set([...all.values()].flatMap(({ inputs }) => inputs));
  const ends = [...all.values()].filter(({ name, op }) => !read.has(name) && op !== 'Const');
  if (ends.length !== 1) {
    const found = ends.length === 0 ? 'none' : show(ends.map(({ name }) => name));
    throw badInput({ where: path, wanted: 'one output node (that no other reads)', found }, HINT);
  }
  const nodes = inOrder(all, ends[0]!, path);
  const foreign = nodes.filter(({ op }) => !GRAPH_OPERATORS.includes(op as GraphOperator));
  if (foreign.length > 0) {
    const faults = foreign.slice(0, 8).map(({ name, op }) => ({
      where: `${path}, node ${show(name)}`,
      wanted: 'an operator of a quantised graph',
      found: op,
    }));
    throw badInput(faults, HINT);
  }
  const convs = nodes.filter(isApproximable).map(({ name }, index) => ({ name: `conv${index}`, node: name }));
  if (convs.length === 0) {
    throw badInput({ where: path, wanted: 'quantised convolutions', found: 'none' }, HINT);
  }
  const name = basename(path).replace(/\.pb$/, '');
  return {
    name,
    sha256: sha256(readInputFile(path, 'a graph')),
    nodes,
    output: ends[0]!.name,
    convs,
  };
}

const HINT =
  "Give a graph that TensorFlow's transform_graph has quantised (quantize_weights, quantize_nodes), such as alwann_resnet8_quant.pb.";

function inOrder(all: ReadonlyMap<string, TfNode>, end: TfNode, path: string): readonly TfNode[] {
  const order: TfNode[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (node: TfNode): void => {
    state.set(node.name, 'open');
    for (const input of node.inputs) {
      const next = all.get(input);
      const where = `${path}, node ${show(node.name)}`;
      if (next === undefined) {
        throw badInput({ where, wanted: `a node ${show(input)} to read`, found: 'none of that name' }, HINT);
      }
      if (state.get(input) === 'open') {
        throw badInput(
          { where, wanted: 'a graph without loops', found: `a loop through ${show(input)}` },
          HINT,
        );
      }
      if (!state.has(input)) visit(next);
    }
    state.set(node.name, 'done');
    order.push(node);
  };
  visit(end);
  return order;
}
