import { describe, expect, test } from 'vitest';
import { compileNetwork } from '../../src/accel/compile-network.ts';
import { imageWords, readOutput } from '../../src/accel/memory-words.ts';
import { runProgram } from '../../src/accel/run-program.ts';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { imageCodes } from '../../src/dnn/data/dataset.ts';
import { inferReference } from '../../src/dnn/reference-inference.ts';
import { badInputText } from '../dnn/error-text.ts';
import { randomImages } from '../dnn/random-network.ts';
import { compareLayers, compileSmall, smallArray } from './compare-layers.ts';
import { smallNetwork } from './small-network.ts';

describe.each([1, 2, 3])('network %i in bands of rows', (seed) => {
  const network = smallNetwork(seed, 2);
  const assignment = uniformAssignment(network, EXACT_INT8);
  const codes = imageCodes(randomImages(network, 1, seed), 0);
  const compile = (activationWords: number, weightWords = 4096) =>
    compileSmall(network, assignment, smallArray({ lanes: 2, activationWords, weightWords }));
  const whole = compile(16384);
  const least = Number(/activationWords (\d+)/.exec(badInputText(() => compile(10)))?.[1]);

  test('every layer is that of the definition, in any memory from the smallest on', () => {
    expect(whole.memory.scratchBytes).toBe(0);
    expect(least * 2).toBeLessThan(whole.memory.activationWords);
    expect(badInputText(() => compile(least - 1))).toContain(`in bands, need activationWords ${least}`);
    let compared = 0;
    const descriptors = new Set<number>();
    for (let words = least; words < whole.memory.activationWords; words += Math.ceil(least / 2)) {
      const program = compile(words);
      descriptors.add(program.descriptors.length);
      for (const transfers of ['before', 'after'] as const) {
        const result = compareLayers(network, assignment, program, codes, { transfers });
        expect(result.different).toEqual([]);
        compared += result.compared;
      }
    }
    expect(descriptors.size).toBeGreaterThan(2);
    expect(Math.min(...descriptors)).toBeGreaterThan(whole.descriptors.length);
    expect(compared).toBeGreaterThan(5000);
  });

  test('without dumps the tensors outside live in scratch, and the logits are the same', () => {
    const spec = smallArray({ lanes: 2, activationWords: least });
    const program = compileNetwork({ network, assignment, spec, roundedOperand: 'activations' });
    const { scratchBytes, outputBytes, input, outputs } = program.memory;
    expect(outputs.length).toBe(1);
    expect(scratchBytes).toBeGreaterThan(500);
    const { output } = runProgram({
      spec,
      image: program.image,
      descriptors: program.descriptors.length,
      input: imageWords(codes, input, spec),
      outputBytes,
      scratchBytes,
    });
    const logits = readOutput(output, outputs[0]!, spec);
    expect(logits.length).toBeGreaterThan(2);
    expect(logits).toEqual(inferReference(network, assignment, codes).get('logits'));
  });

  test('with weights in pieces too', () => {
    const weightWords = Number(/weightWords (\d+)/.exec(badInputText(() => compile(16384, 20)))?.[1]);
    const program = compile(least, weightWords);
    expect(program.descriptors.length).toBeGreaterThan(compile(least).descriptors.length);
    for (const transfers of ['before', 'after'] as const) {
      const result = compareLayers(network, assignment, program, codes, { transfers });
      expect(result.different).toEqual([]);
      expect(result.compared).toBeGreaterThan(500);
    }
  });
});
