import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { shippedFile } from '../../src/base/package-root.ts';
import { readFloatNetwork } from '../../src/dnn/float-network-file.ts';
import { floatNetworkDigest } from '../../src/dnn/network.ts';
import { encodeOnnx } from '../../src/dnn/onnx/export-onnx.ts';
import { encodeModel } from '../dnn/onnx-model.ts';
import { branchedNetwork } from '../dnn/onnx-networks.ts';
import { quantiseToQdq } from '../dnn/onnx-qdq.ts';
import { randomImages } from '../dnn/random-network.ts';
import { runProgram, temporaryFolder } from './command-line.ts';

const folder = temporaryFolder('import-onnx');
afterAll(folder.remove);
const at = (name: string): string => join(folder.path, name);

const NETWORK = { ...branchedNetwork(1), input: { ...branchedNetwork(1).input, zeroPoint: 20 } };

test('a float model becomes a float network in the work folder', async () => {
  const network = readFloatNetwork(shippedFile('models', 'synthetic-resnet8.json'));
  writeFileSync(at('net.onnx'), encodeOnnx(network));
  const { code, stdout } = await runProgram('maxdnn', ['import', 'net.onnx', '--work', 'work'], folder.path);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'net: 30 layers\nwork/network/float.json' });
  const imported = readFloatNetwork(at('work/network/float.json'));
  expect(floatNetworkDigest(imported)).toBe(floatNetworkDigest(network));
});

test('a model of QuantizeLinear and DequantizeLinear becomes a quantised network', async () => {
  const options = { activations: 'uint8', perChannel: true, quantisesLogits: false } as const;
  writeFileSync(at('qdq.onnx'), quantiseToQdq(NETWORK, randomImages(NETWORK, 4, 1), options).model);
  const { code, stdout } = await runProgram('maxdnn', ['import', 'qdq.onnx', '--work', 'int8'], folder.path);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^qdq: \d+ layers, int8 as in the model, \d+ multiplications per image\n/);
  expect(JSON.parse(readFileSync(at('int8/network/quantised.json'), 'utf8')).kind).toBe('quantised-network');
});

describe('refused with exit code 2 and no trace', () => {
  const relu = { op: 'Relu', inputs: ['x'], outputs: ['y'] };
  test.each<[string, Uint8Array | string, string]>([
    [
      'zero bytes',
      '',
      'maxdnn: model.onnx: wanted an ONNX model (.onnx), found an empty file (0 bytes)\nMake or fetch the file again.',
    ],
    [
      'foreign',
      'not a model',
      'maxdnn: model.onnx: wanted an ONNX model (binary .onnx), found 11 bytes that do not decode (invalid wire type 6 at offset 1)\n' +
        'The file is cut off or of another format.',
    ],
    [
      'a dynamic width',
      encodeModel({ nodes: [relu], inputs: { x: ['N', 3, 8, 'width'] }, outputs: ['y'] }),
      'maxdnn: model.onnx, input "x": wanted known sizes, but for the batch, found a dynamic size "width" in [N, 3, 8, width]\n' +
        'Export the model for one image size; only the batch size may be dynamic.',
    ],
  ])('%s', async (_name, content, text) => {
    writeFileSync(at('model.onnx'), content);
    const { code, stdout, stderr } = await runProgram('maxdnn', ['import', 'model.onnx'], folder.path);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: text });
  });
});
