import { expect, test } from 'vitest';
import { editDistance, nearestWord } from '../../src/base/nearest.ts';

test.each([
  ['', '', 0],
  ['conv1', 'conv1', 0],
  ['conv1', 'conv2', 1],
  ['conv', 'conv2', 1],
  ['kitten', 'sitting', 3],
  ['', 'abc', 3],
  ['abc', '', 3],
])('from %j to %j it is %d letters', (from, to, distance) => {
  expect(editDistance(from, to)).toBe(distance);
  expect(editDistance(to, from)).toBe(distance);
});

test('the nearest word, of equally near ones the first, of none none', () => {
  expect(nearestWord('conf1', ['conv0', 'conv1', 'dense'])).toBe('conv1');
  expect(nearestWord('conv9', ['conv0', 'conv1', 'dense'])).toBe('conv0');
  expect(nearestWord('conv9', [])).toBeUndefined();
});
