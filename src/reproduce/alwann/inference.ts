import { digestOf } from '../../base/artifact.ts';
import { badInput, show } from '../../base/errors.ts';
import { sha256 } from '../../base/files.ts';
import {
  isMixture,
  type LayerMultiplier,
  type MixedAssignment,
  type RoundedOperand,
} from '../../dnn/assignment.ts';
import type { Dataset } from '../../dnn/data/dataset.ts';
import type { MapWeighting } from '../../tune/weight-map.ts';
import { type ConvolveRequest, convolveCodes } from './convolution.ts';
import { RUN } from './operators.ts';
import { type AlwannGraph, type GraphOperator, isApproximable } from './read-graph.ts';
import { codedValue, type Value } from './values.ts';

/** How a graph is run. */
export interface AlwannOptions {
  /** Operand on port a; ALWANN calls its multipliers as ax(data, weight), that is "activations", the default. */
  readonly roundedOperand?: RoundedOperand;
  /** How every weight goes through map(w) of its multiplier; absent: not at all. */
  readonly tuning?: MapWeighting;
}

/** A quantised graph on one batch of images. */
export interface AlwannRun {
  /**
   * Logits, image × class. Ranges and batch norm statistics are those of the whole batch.
   * @param assignment a multiplier for each convolution (conv0, conv1, …); other layers are exact and may be left out
   * @throws bad-input when a convolution has none, or one that does not fit
   */
  infer(assignment: MixedAssignment, options?: AlwannOptions): Float32Array;
}

/** Memory for results that later assignments may share, bytes. */
const KEPT_BYTES = 320 * 2 ** 20;

/**
 * Runs a graph that TensorFlow's transform_graph quantised as ALWANN does: each tensor's range is taken from the batch
 * at hand, batch norms use the batch's statistics, and convolutions multiply uint8 codes (convolution.ts). Codes behind
 * a ReLU are kept, so that assignments which begin alike share work.
 */
export function createAlwannRun(graph: AlwannGraph, images: Dataset): AlwannRun {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const upstream = upstreamConvs(graph);
  const convName = new Map(graph.convs.map(({ name, node }) => [node, name]));
  const kept = createKept(KEPT_BYTES);
  const { height, width, channels } = images;
  const table = Float32Array.from({ length: 256 }, (_, code) => code);
  const image = codedValue({ height, width, channels }, images.pixels, new Array(channels).fill(table));

  return {
    infer(assignment, { roundedOperand = 'activations', tuning } = {}) {
      checkAssignment(graph, assignment);
      const keys = new Map(
        graph.convs.map(({ name, node }) => [
          node,
          digestOf([describe(assignment.get(name)!), roundedOperand, tuning ?? '']),
        ]),
      );
      const convolve = (request: ConvolveRequest): Int32Array => {
        const multiplier = assignment.get(convName.get(request.node)!)!;
        const tuned = tuning === undefined ? {} : { tuning };
        return convolveCodes(request, { multiplier, roundedOperand, ...tuned });
      };
      const known = new Map<string, Value>();
      const unread = countReaders(graph);
      const evaluate = (name: string): Value => {
        const own = known.get(name);
        if (own !== undefined) return own;
        const node = nodes.get(name)!;
        const key = `${name} ${upstream
          .get(name)!
          .map((conv) => keys.get(conv))
          .join(' ')}`;
        const isKept = node.op === 'QuantizedRelu';
        const earlier = isKept ? kept.get(key) : undefined;
        if (earlier !== undefined) {
          known.set(name, earlier);
          return earlier;
        }
        const inputs = node.inputs.map(evaluate);
        const fail = (fault: { readonly wanted: string; readonly found: string }) =>
          badInput({ where: `${graph.name}, node ${show(name)} (${node.op})`, ...fault }, HINT);
        const value = RUN[node.op as GraphOperator]({ node, inputs, image, convolve, fail });
        known.set(name, value);
        if (isKept) kept.set(key, value);
        for (const input of node.inputs) {
          unread.set(input, unread.get(input)! - 1);
          if (unread.get(input) === 0) known.delete(input);
        }
        return value;
      };
      const logits = evaluate(graph.output);
      if (logits.kind !== 'coded') {
        throw badInput({ where: graph.name, wanted: 'dequantised logits', found: logits.kind }, HINT);
      }
      const classes = logits.shape.channels;
      return Float32Array.from(logits.codes, (code, i) => logits.tables[i % classes]![code]!);
    },
  };
}

const HINT = 'Only graphs made by transform_graph of TensorFlow 1.14 are run.';

function checkAssignment({ name, convs }: AlwannGraph, assignment: MixedAssignment): void {
  const missing = convs.filter((conv) => !assignment.has(conv.name)).map((conv) => conv.name);
  if (missing.length === 0) return;
  throw badInput(
    { where: `assignment for ${name}`, wanted: `a multiplier for ${missing.join(', ')}`, found: 'none' },
    `The convolutions are ${convs.map((conv) => conv.name).join(', ')}.`,
  );
}

function describe(multiplier: LayerMultiplier): unknown {
  return isMixture(multiplier) ? [multiplier.specs, sha256(multiplier.index)] : multiplier;
}

/** Per node the convolutions whose multipliers its value depends on. */
function upstreamConvs({ nodes }: AlwannGraph): ReadonlyMap<string, readonly string[]> {
  const upstream = new Map<string, readonly string[]>();
  for (const node of nodes) {
    const own = isApproximable(node) ? [node.name] : [];
    const all = [...node.inputs.flatMap((input) => upstream.get(input)!), ...own];
    upstream.set(node.name, [...new Set(all)]);
  }
  return upstream;
}

function countReaders({ nodes }: AlwannGraph): Map<string, number> {
  const readers = new Map<string, number>();
  for (const { inputs } of nodes)
    for (const input of inputs) readers.set(input, (readers.get(input) ?? 0) + 1);
  return readers;
}

/** Values with the least recently used ones dropped beyond a limit. */
function createKept(limitBytes: number) {
  const values = new Map<string, Value>();
  const bytesOf = (value: Value): number => ('codes' in value ? value.codes.length : 0);
  return {
    get(key: string): Value | undefined {
      const value = values.get(key);
      if (value === undefined) return undefined;
      values.delete(key);
      values.set(key, value);
      return value;
    },
    set(key: string, value: Value): void {
      values.set(key, value);
      let used = [...values.values()].reduce((sum, own) => sum + bytesOf(own), 0);
      for (const [oldest, own] of values) {
        if (used <= limitBytes) break;
        values.delete(oldest);
        used -= bytesOf(own);
      }
    },
  };
}
