import { badInput } from '../base/errors.ts';
import { readInputFile } from '../base/files.ts';
import { parseSpec } from '../multiplier/parse-spec.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';

/** The multiplier specs of a JSON file that a user wrote: one, or a list. @throws bad-input with every fault of one */
export function readSpecFile(path: string): readonly MultiplierSpec[] {
  const text = readInputFile(path, 'a multiplier spec in JSON').toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badInput(
      {
        where: path,
        wanted: 'a multiplier spec in JSON',
        found: `no valid JSON (${(error as Error).message})`,
      },
      'For example: {"family": "roup", "bits": 8, "P": 2, "r": 4}',
      error,
    );
  }
  return Array.isArray(value)
    ? value.map((item, index) => parseSpec(item, `${path}[${index}]`))
    : [parseSpec(value, path)];
}
