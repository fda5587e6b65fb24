import { basename } from 'node:path';
import { badInput, type Fault, type MaxdnnError, show } from '../../base/errors.ts';
import { floatShapes } from '../float-shapes.ts';
import { createGraphBuilder } from '../graph-builder.ts';
import type { FloatNetwork } from '../network.ts';
import { readGraphDef, type TfNode } from './messages.ts';
import { convertNode, SUPPORTED_OPERATORS, type TfValue } from './operators.ts';

/**
 * Imports a frozen TensorFlow graph (.pb) of a convolutional image classifier, NHWC float32. A batch norm in
 * training mode has no usable statistics: calibrateBatchNorm gives it some. The input is taken to be scaled as
 * u8/128 − 1, by nodes of the graph or before it.
 * @throws bad-input for a file of another kind and for a graph with anything that cannot be imported
 */
export function importTensorflowGraph(
  path: string,
  name = basename(path).replace(/\.pb$/, ''),
): FloatNetwork {
  const nodes = new Map(readGraphDef(path).map((node) => [node.name, node]));
  const output = findOutput(nodes, path);
  const order = topologicalOrder(nodes, output, path);
  refuseUnknown(order, path);
  const builder = createGraphBuilder();
  const values = new Map<string, TfValue>();
  const readers = countReaders(order);
  for (const node of order) {
    const inputs = node.inputs.map((input) => values.get(input)!);
    const fault = (wanted: string, found: string): MaxdnnError =>
      badInput({ where: `${path}, node ${show(node.name)} (${node.op})`, wanted, found }, HINT);
    values.set(
      node.name,
      convertNode({ node, inputs, isOnlyReader: (i) => readers.get(node.inputs[i]!) === 1, builder, fault }),
    );
  }
  const network = builder.finish(name, values.get(output.name)!, path);
  floatShapes(network);
  return network;
}

const HINT = `Operators that can be imported: ${SUPPORTED_OPERATORS.join(', ')}.`;

function findOutput(nodes: ReadonlyMap<string, TfNode>, path: string): TfNode {
  const read = new Set([...nodes.values()].flatMap((node) => node.inputs));
  const outputs = [...nodes.values()].filter(
    (node) => !read.has(node.name) && !['Const', 'NoOp', 'Placeholder'].includes(node.op),
  );
  if (outputs.length === 1) return outputs[0]!;
  const names = outputs.map((node) => node.name).slice(0, 8);
  throw badInput(
    {
      where: path,
      wanted: 'one output node (that no other reads)',
      found: outputs.length === 0 ? 'none' : show(names, 200),
    },
    'Freeze the graph with the logits as its only output.',
  );
}

function topologicalOrder(
  nodes: ReadonlyMap<string, TfNode>,
  output: TfNode,
  path: string,
): readonly TfNode[] {
  const order: TfNode[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const stack: { node: TfNode; next: number }[] = [{ node: output, next: 0 }];
  state.set(output.name, 'open');
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const inputName = top.node.inputs[top.next++];
    if (inputName === undefined) {
      order.push(top.node);
      state.set(top.node.name, 'done');
      stack.pop();
      continue;
    }
    const input = nodes.get(inputName);
    const where = `${path}, node ${show(top.node.name)} (${top.node.op})`;
    if (input === undefined) {
      const wanted = `a node ${show(inputName)} to read`;
      throw badInput(
        { where, wanted, found: 'none of that name' },
        'The file is cut off or not a whole graph.',
      );
    }
    if (state.get(inputName) === 'open') {
      throw badInput(
        { where, wanted: 'a graph without loops', found: `a loop through ${show(inputName)}` },
        HINT,
      );
    }
    if (state.has(inputName)) continue;
    state.set(inputName, 'open');
    stack.push({ node: input, next: 0 });
  }
  return order;
}

function refuseUnknown(order: readonly TfNode[], path: string): void {
  const faults: Fault[] = order
    .filter((node) => !SUPPORTED_OPERATORS.includes(node.op))
    .map((node) => ({
      where: `${path}, node ${show(node.name)}`,
      wanted: 'an operator that can be imported',
      found: node.op,
    }));
  if (faults.length > 0) throw badInput(faults.slice(0, 20), HINT);
}

function countReaders(order: readonly TfNode[]): ReadonlyMap<string, number> {
  const readers = new Map<string, number>();
  for (const input of order.flatMap((node) => node.inputs)) readers.set(input, (readers.get(input) ?? 0) + 1);
  return readers;
}
