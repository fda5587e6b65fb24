import { basename } from 'node:path';
import { badInput, type Fault, type MaxdnnError, show } from '../../base/errors.ts';
import { floatShapes } from '../float-shapes.ts';
import { createGraphBuilder } from '../graph-builder.ts';
import type { FloatNetwork } from '../network.ts';
import type { QuantisedNetwork } from '../quantised-network.ts';
import { imageOf, type PixelScale } from './image.ts';
import { nodeText, type OnnxModel, type OnnxNode, readOnnxModel } from './messages.ts';
import { convertOnnxNode, ONNX_OPERATORS } from './operators.ts';
import { quantiseAsGiven } from './quantised.ts';
import { createRanges, type OnnxRanges } from './ranges.ts';
import type { OnnxConversion, OnnxValue } from './values.ts';

export interface OnnxImportOptions {
  /** Default: the file's name without .onnx. */
  readonly name?: string;
  /**
   * How the model wants its pixels: x = u8 · scale + shift. Default: as the model says itself (its own Sub, Mul, …
   * of u8, or as we exported it), otherwise u8/128 − 1.
   */
  readonly inputScale?: PixelScale;
}

/** A float network, or the int8 network that a model of QuantizeLinear and DequantizeLinear pairs stands for. */
export type ImportedOnnx =
  | { readonly kind: 'float'; readonly network: FloatNetwork }
  | { readonly kind: 'quantised'; readonly network: QuantisedNetwork };

/**
 * Imports an ONNX model of a convolutional image classifier, operator sets 11 … 19 (docs/import.md).
 * @throws bad-input for a file of another kind and for a model with anything that cannot be imported
 */
export function importOnnx(path: string, options: OnnxImportOptions = {}): ImportedOnnx {
  const { network, ranges } = convertModel(path, options);
  if (ranges.outputs.size === 0) return { kind: 'float', network };
  return { kind: 'quantised', network: quantiseAsGiven(network, ranges, path) };
}

/** The numbers of the model in float32, whether it has QuantizeLinear and DequantizeLinear nodes or not. */
export function importOnnxFloat(path: string, options: OnnxImportOptions = {}): FloatNetwork {
  return convertModel(path, options).network;
}

const HINT = `Operators that can be imported: ${ONNX_OPERATORS.join(', ')}.`;

function convertModel(
  path: string,
  { name = basename(path).replace(/\.onnx$/, ''), inputScale }: OnnxImportOptions,
): { network: FloatNetwork; ranges: OnnxRanges } {
  const model = readOnnxModel(path);
  const output = outputOf(model, path);
  const nodes = neededNodes(model, output);
  refuseUnknown(nodes, path);
  const builder = createGraphBuilder();
  const ranges = createRanges();
  const values = new Map<string, OnnxValue>();
  for (const [constant, tensor] of model.constants)
    values.set(constant, { kind: 'constant', name: constant, tensor });
  for (const [input, image] of imageOf(model, nodes, path, inputScale)) values.set(input, image);
  const readers = new Map<string, number>();
  for (const input of nodes.flatMap((node) => node.inputs)) readers.set(input, (readers.get(input) ?? 0) + 1);
  for (const node of nodes) {
    const where = `${path}, ${nodeText(node)}`;
    const fault = (wanted: string, found: string, hint = HINT): MaxdnnError =>
      badInput({ where, wanted, found }, hint);
    const inputs = node.inputs.map((input) => {
      if (input === '' || values.has(input)) return values.get(input);
      const hint =
        'The file is cut off, or its nodes are not in an order in which each reads only earlier ones.';
      throw fault(`a value ${show(input)} to read`, 'none of that name before it', hint);
    });
    const isOnlyReader = (i: number): boolean => readers.get(node.inputs[i]!) === 1;
    const conversion: OnnxConversion = {
      node,
      opset: model.opset,
      inputs,
      isOnlyReader,
      builder,
      ranges,
      fault,
    };
    values.set(node.outputs[0] ?? '', convertOnnxNode(conversion));
  }
  const network = builder.finish(name, values.get(output)!, path);
  floatShapes(network);
  return { network, ranges };
}

function outputOf({ outputs, nodes }: OnnxModel, path: string): string {
  const made = new Set(nodes.map((node) => node.outputs[0]));
  if (outputs.length === 1 && made.has(outputs[0])) return outputs[0]!;
  throw badInput(
    {
      where: path,
      wanted: 'one output, made by a node',
      found: outputs.length === 0 ? 'none' : show(outputs, 200),
    },
    'Export the model with the logits as its only output.',
  );
}

/** The nodes that the output depends on, in the order of the file. */
function neededNodes({ nodes }: OnnxModel, output: string): readonly OnnxNode[] {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const needed = new Set<OnnxNode>();
  const open = [output];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = makers.get(name);
    if (name === '' || node === undefined || needed.has(node)) continue;
    needed.add(node);
    open.push(...node.inputs);
  }
  return nodes.filter((node) => needed.has(node));
}

function refuseUnknown(nodes: readonly OnnxNode[], path: string): void {
  const faults: Fault[] = nodes
    .filter((node) => !ONNX_OPERATORS.includes(node.op))
    .map((node) => ({
      where: `${path}, node ${show(node.name || node.outputs[0] || '')}`,
      wanted: 'an operator that can be imported',
      found: node.op,
    }));
  if (faults.length > 0) throw badInput(faults.slice(0, 20), HINT);
}
