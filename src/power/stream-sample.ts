import { badInput } from '../base/errors.ts';
import { makeStream, type OperandStream } from './stream.ts';

/**
 * Part of a stream for work that costs too much on all of it: blocks of consecutive pairs, spread evenly over the
 * stream and joined. Order matters to energy, hence blocks; one transition in `blockPairs` is a joint that the
 * stream does not have. A stream that is not longer than the sample comes back as it is.
 * @throws bad-input when pairs or blockPairs is no whole number ≥ 2
 */
export function sampleStream(stream: OperandStream, pairs: number, blockPairs = 256): OperandStream {
  const faults = Object.entries({ pairs, blockPairs })
    .filter(([, value]) => !Number.isInteger(value) || value < 2)
    .map(([where, value]) => ({ where, wanted: 'a whole number ≥ 2', found: `${value}` }));
  if (faults.length > 0) throw badInput(faults, 'A transition takes two operand pairs.');
  const length = stream.a.length;
  if (pairs >= length) return stream;
  const blocks = Math.ceil(pairs / blockPairs);
  const a = new Uint32Array(pairs);
  const b = new Uint32Array(pairs);
  for (let block = 0; block < blocks; block++) {
    // Blocks of as equal a length as can be, each where its share of the stream begins.
    const to = Math.floor((block * pairs) / blocks);
    const size = Math.floor(((block + 1) * pairs) / blocks) - to;
    const from = blocks === 1 ? 0 : Math.floor((block * (length - size)) / (blocks - 1));
    a.set(stream.a.subarray(from, from + size), to);
    b.set(stream.b.subarray(from, from + size), to);
  }
  return makeStream(`${stream.name}, ${pairs} of ${length} pairs`, a, b);
}
