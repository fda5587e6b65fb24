// The alternative that the bench compares with: convolutions in plain JavaScript with a table of all products.
import { goldenTable } from '../dist/multiplier/golden.js';
import { convGeometry, isWeighted, quantisedShapes } from '../dist/dnn/quantised-network.js';
import { clamp, rescale } from '../dist/dnn/requantise.js';

/**
 * All convolutions and dense layers of a symmetric network with one signed 8-bit multiplier, activations on port a.
 * @returns a function of the codes of each layer (by name) that computes every weighted layer and returns how many codes
 *   differ from those given
 */
export function tableConvolutions(network, spec) {
  const shapes = quantisedShapes(network);
  const table = goldenTable(spec);
  const layers = network.layers.filter((layer) => isWeighted(layer) && layer.high <= 127);
  return (codesOf) => {
    let different = 0;
    for (const layer of layers) {
      const geometry = convGeometry(layer, shapes.get(layer.inputs[0]), shapes.get(layer.name));
      const out = convolve(layer, geometry, table, codesOf(layer.inputs[0]));
      const want = codesOf(layer.name);
      for (let i = 0; i < want.length; i++) if (out[i] !== want[i]) different++;
    }
    return different;
  };
}

function convolve(layer, { from, to, kernel, stride, pads }, table, input) {
  const { channels } = from;
  const [kh, kw] = kernel;
  const columns = from.width + pads[1] + pads[3];
  const image = new Uint8Array((from.height + pads[0] + pads[2]) * columns * channels);
  for (let y = 0; y < from.height; y++) {
    const start = ((y + pads[0]) * columns + pads[1]) * channels;
    image.set(input.subarray(y * from.width * channels, (y + 1) * from.width * channels), start);
  }
  const weights = new Uint8Array(layer.weights);
  const out = new Int8Array(to.height * to.width * to.channels);
  const row = kw * channels;
  let at = 0;
  for (let oy = 0; oy < to.height; oy++) {
    for (let ox = 0; ox < to.width; ox++) {
      for (let o = 0; o < to.channels; o++) {
        let sum = layer.bias[o];
        let tap = o * kh * row;
        for (let ky = 0; ky < kh; ky++) {
          const start = ((oy * stride[0] + ky) * columns + ox * stride[1]) * channels;
          for (let i = 0; i < row; i++) sum = (sum + table[(image[start + i] << 8) | weights[tap++]]) | 0;
        }
        const code = rescale(sum, { multiplier: layer.multipliers[o], shift: layer.shifts[o] });
        out[at++] = clamp(code, layer.low, layer.high);
      }
    }
  }
  return out;
}
