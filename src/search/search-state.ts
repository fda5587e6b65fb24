import { digestOf } from '../base/artifact.ts';
import { badInput, type Fault, show } from '../base/errors.ts';
import type { RngState } from '../base/rng.ts';
import { compileSchema, SHA256_PATTERN } from '../base/schema-check.ts';
import type { Evaluated, GenomeSpace, SearchProblem } from './problem.ts';

/** A member of the population; rank and crowding distance as the selection of NSGA-II left them. */
export interface Member extends Evaluated {
  /** Front that it belongs to, 0 is the best. */
  readonly rank?: number;
  readonly crowding?: number;
}

export type SearchMethod = 'nsga2' | 'random' | 'greedy';

/** Everything that a search needs to go on: plain JSON. */
export interface SearchState {
  readonly kind: 'search-state';
  readonly formatVersion: 1;
  readonly method: SearchMethod;
  /** SHA-256 of the problem (name, space, objectives, reference point, inputs). */
  readonly problem: string;
  /** SHA-256 of the method's settings without the number of generations. */
  readonly settings: string;
  /** 0 after the first population, then one more with each step. */
  readonly generation: number;
  /** Genomes given to `evaluate` so far. */
  readonly evaluations: number;
  readonly rng: RngState;
  readonly population: readonly Member[];
  /** Every result so far, in the order of evaluation; in a space that is not discrete the population is kept alone. */
  readonly evaluated: readonly Evaluated[];
}

/** SHA-256 of all that decides what a genome of this problem means and gives. */
export function problemDigest({ name, space, objectives, referencePoint, inputs }: SearchProblem): string {
  return digestOf({ name, space: space.identity, objectives, referencePoint, inputs: inputs ?? {} });
}

/** What a state must say to belong to a search. */
export type StateOwner = Pick<SearchState, 'method' | 'problem' | 'settings'>;

/**
 * Checks that a state is whole and belongs to the search that is to go on from it.
 * @param state what an earlier run gave to onCheckpoint, mostly read from a file
 * @throws bad-input for a damaged state, and for one of another method, problem or settings
 */
export function checkState(state: unknown, owner: StateOwner, problem: SearchProblem): SearchState {
  const damaged = checkSchema(state, 'checkpoint');
  if (damaged.length > 0) throw badInput(damaged, 'The checkpoint is damaged: begin the search again.');
  const found = state as SearchState;
  const strange = (['method', 'problem', 'settings'] as const)
    .filter((field) => found[field] !== owner[field])
    .map((field) => ({
      where: `checkpoint: ${field}`,
      wanted: field === 'method' ? owner.method : `that of this search (${owner[field].slice(0, 12)}…)`,
      found: field === 'method' ? found.method : `another one (${found[field].slice(0, 12)}…)`,
    }));
  if (strange.length > 0) {
    throw badInput(
      strange,
      'Give the same problem and settings as the search that was stopped, or begin again.',
    );
  }
  const faults = [
    ...memberFaults('population', found.population, problem),
    ...memberFaults('evaluated', found.evaluated, problem),
  ];
  if (faults.length > 0)
    throw badInput(faults.slice(0, 20), 'The checkpoint is damaged: begin the search again.');
  return found;
}

function memberFaults(
  list: string,
  members: readonly Evaluated[],
  { space, objectives }: SearchProblem,
): readonly Fault[] {
  return members.flatMap(({ genome, objectives: values }, i) => {
    const where = `checkpoint: ${list}[${i}]`;
    const fault = space.faultOf(genome);
    return [
      ...(fault ? [{ where, ...fault }] : []),
      ...(values.length === objectives.length
        ? []
        : [{ where, wanted: `${objectives.length} objectives`, found: show(values) }]),
    ];
  });
}

/**
 * Checks genomes that come from outside.
 * @throws bad-input naming each genome that is not of this space
 */
export function checkGenomes(
  space: GenomeSpace,
  where: string,
  genomes: readonly (readonly number[])[],
): void {
  const faults = genomes.flatMap((genome, i) => {
    const fault = space.faultOf(genome);
    return fault ? [{ where: `${where}[${i}]`, ...fault }] : [];
  });
  if (faults.length > 0) throw badInput(faults, 'Each genome needs one value per gene, within its range.');
}

const NUMBERS = { type: 'array', items: { type: 'number' } };
const COUNT = { type: 'integer', minimum: 0 };
const SHA256 = { type: 'string', pattern: SHA256_PATTERN };
const EVALUATED = {
  type: 'object',
  required: ['genome', 'objectives', 'violation'],
  additionalProperties: false,
  properties: { genome: NUMBERS, objectives: NUMBERS, violation: { type: 'number', minimum: 0 } },
};
const STATE = {
  kind: { const: 'search-state' },
  formatVersion: { const: 1 },
  method: { enum: ['nsga2', 'random', 'greedy'] },
  problem: SHA256,
  settings: SHA256,
  generation: COUNT,
  evaluations: COUNT,
  rng: { type: 'array', items: COUNT, minItems: 4, maxItems: 4 },
  population: {
    type: 'array',
    items: {
      ...EVALUATED,
      properties: { ...EVALUATED.properties, rank: COUNT, crowding: { type: 'number', minimum: 0 } },
    },
  },
  evaluated: { type: 'array', items: EVALUATED },
};
const checkSchema = compileSchema({
  type: 'object',
  required: Object.keys(STATE),
  additionalProperties: false,
  properties: STATE,
});
