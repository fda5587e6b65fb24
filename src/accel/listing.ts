import { designName } from '../multiplier/spec.ts';
import { externalBytes } from './array-spec.ts';
import type { ComputeStep, TransferStep } from './encode-descriptor.ts';
import { transferBytes } from './estimate-cycles.ts';
import type { OutputLocation } from './memory-words.ts';
import { type AcceleratorProgram, type ProgramDescriptor, totalCycles } from './program.ts';

/** A program as text that a person can read: the array, its memories, then descriptor by descriptor. */
export function listProgram(program: AcceleratorProgram): string {
  const { spec, network, memory, descriptors } = program;
  const lines = [
    `${network.name} (sha256 ${network.sha256.slice(0, 12)}…)`,
    `array: ${spec.rows} × ${spec.columns}, ${spec.elements}, weights on port ${spec.weightPort}, ` +
      `${spec.accumulatorBits} bit × ${spec.accumulatorDepth} accumulators, ${spec.lanes} lanes`,
    ...spec.multipliers.map((multiplier, number) => `multiplier ${number}: ${designName(multiplier)}`),
    `activations: ${memory.activationWords} of ${spec.activationWords} words of ${spec.rows} bytes`,
    `weights: ${memory.weightWords} of ${spec.weightWords} words of ${spec.columns} bytes`,
    `parameters: ${memory.parameterWords} of ${spec.parameterWords} words of ${8 * spec.lanes} bytes`,
    `outside: program ${memory.programBytes}, input ${memory.inputBytes}, output ${memory.outputBytes}, ` +
      `scratch ${memory.scratchBytes} bytes; a word of activations takes ${externalBytes(spec.rows)}`,
    ...memory.outputs.map(describeOutput),
    '',
    ...descriptors.flatMap((descriptor, number) => describeDescriptor(program, descriptor, number)),
    '',
    `total: ${descriptors.length} descriptors, about ${totalCycles(program)} cycles`,
    '',
  ];
  return lines.join('\n');
}

function describeOutput(place: OutputLocation): string {
  const { layer, offset, height, width, channels, wide } = place;
  return `output ${layer}: ${height} × ${width} × ${channels} ${wide ? 'int32' : 'int8'} at byte ${offset}`;
}

function describeDescriptor(
  { layers, spec }: AcceleratorProgram,
  { compute, transfers, passes, skippedPasses, multipliers, estimate }: ProgramDescriptor,
  number: number,
): readonly string[] {
  const { operation } = compute;
  const layer = operation === 'none' ? '' : ` ${layers[compute.layer]!.name}`;
  const cycles = `${estimate.total} cycles (compute ${estimate.compute}, transfer ${estimate.transfer})`;
  const total = passes.reduce((sum, count) => sum + count, 0);
  return [
    `${String(number).padStart(3)} ${operation}${layer}: about ${cycles}`,
    ...computeLines(compute).map(indent),
    ...(operation === 'conv'
      ? [
          indent(
            `${passes.length} filter tiles, ${total} passes, ${skippedPasses} left out; ` +
              `multipliers ${multipliers.length === 0 ? 'none' : multipliers.join(', ')}`,
          ),
          indent(`weights at word ${compute.weightBase}, parameters at ${compute.parameterBase}`),
        ]
      : []),
    ...transfers.map((step) => indent(describeTransfer(step, transferBytes(spec, step)))),
  ];
}

function computeLines(compute: ComputeStep): readonly string[] {
  const input = `in ${compute.inputHeight} × ${compute.inputWidth} at ${compute.inputBase}`;
  const second = compute.operation === 'add' ? ` and ${compute.secondBase}` : '';
  const output = `out ${compute.outputHeight} × ${compute.outputWidth} × ${compute.channels} at ${compute.outputBase}`;
  const channel = compute.outputChannel > 0 ? ` channel ${compute.outputChannel}` : '';
  const range = `codes ${compute.low} … ${compute.high}, zero points ${compute.inputZero} → ${compute.outputZero}`;
  switch (compute.operation) {
    case 'none':
      return [];
    case 'fill':
      return [`${compute.fillWords} words of ${compute.outputZero} at ${compute.outputBase}`];
    case 'conv': {
      const stride = `stride ${compute.strideY} × ${compute.strideX}`;
      const pads = `pads ${compute.padTop}, ${compute.padLeft}`;
      return [`${input}; ${output}${channel}`, `${stride}, ${pads}; ${range}`];
    }
    case 'pool': {
      const kind = compute.maximum === 1 ? 'largest of' : 'sum of';
      const window = `${kind} ${compute.kernelHeight} × ${compute.kernelWidth}`;
      const by = `· ${compute.factorA} / 2^${compute.shift}`;
      return [
        `${input}; ${output}${channel}`,
        `${window}, stride ${compute.strideY} × ${compute.strideX} ${compute.maximum === 1 ? '' : `${by}`}; ${range}`,
      ];
    }
    case 'add':
      return [
        `${input}${second}; ${output}${channel}`,
        `factors ${compute.factorA}, ${compute.factorB} / 2^${compute.shift}; ${range}`,
      ];
  }
}

function describeTransfer({ kind, base, offset, local, words }: TransferStep, bytes: number): string {
  const name = {
    loadActivations: 'load activations',
    loadWeights: 'load weights',
    loadParameters: 'load parameters',
    storeActivations: 'store activations',
  }[kind];
  return `${name}: ${words} words at ${local}, ${base} + ${offset}, ${bytes} bytes`;
}

function indent(line: string): string {
  return `      ${line}`;
}
