import { badInput, type Fault, show } from '../base/errors.ts';
import type { Rng } from '../base/rng.ts';

/** One candidate: one number per gene. */
export type Genome = readonly number[];

/** All genomes of a search, and how chance makes new ones from old ones. */
export interface GenomeSpace {
  /** Plain data that says which space it is; a checkpoint of another one is refused. */
  readonly identity: Readonly<Record<string, unknown>>;
  readonly genes: number;
  /** True where genomes come back, so that all results are worth keeping. */
  readonly discrete: boolean;
  /** A genome, all equally likely. */
  draw(rng: Rng): Genome;
  /** Two children of two parents. */
  cross(a: Genome, b: Genome, rng: Rng): readonly [Genome, Genome];
  /** The genome with each gene changed with the given probability. */
  mutate(genome: Genome, probability: number, rng: Rng): Genome;
  /** What is wrong with a genome from outside; undefined for a genome of this space. */
  faultOf(genome: Genome): Omit<Fault, 'where'> | undefined;
}

/** What the evaluation of one genome gives. */
export interface Outcome {
  /** Smaller is better; in the order of the problem's objectives. */
  readonly objectives: readonly number[];
  /** Per constraint by how much it is violated; 0 or less where it holds. None: feasible. */
  readonly violations?: readonly number[];
}

/** A genome with its result. */
export interface Evaluated {
  readonly genome: Genome;
  readonly objectives: readonly number[];
  /** Sum of the violated constraints' violations, ≥ 0; 0 is feasible. */
  readonly violation: number;
}

/** What is to be minimised. */
export interface SearchProblem {
  readonly name: string;
  readonly space: GenomeSpace;
  /** Names of the 2 or 3 objectives, e.g. ["lossPoints", "energyUj"]. */
  readonly objectives: readonly string[];
  /** Hypervolume is measured against it: what is not better in every objective counts nothing. */
  readonly referencePoint: readonly number[];
  /** SHA-256 of what the evaluation depends on (network, images, table); a checkpoint of others is refused. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Results of genomes that have not been evaluated before, all different, in their order; deterministic. */
  evaluate(genomes: readonly Genome[]): Promise<readonly Outcome[]>;
}

/** Text of genomes seen; writing 30 real genes as text takes longer than all else that is done with them. */
const keys = new WeakMap<Genome, string>();

/** Text that is equal for equal genomes. */
export function genomeKey(genome: Genome): string {
  const known = keys.get(genome);
  if (known !== undefined) return known;
  const key = genome.join(' ');
  keys.set(genome, key);
  return key;
}

/**
 * Checks a problem before anything is evaluated.
 * @throws bad-input with every fault
 */
export function checkProblem({ name, objectives, referencePoint }: SearchProblem): void {
  const faults: Fault[] = [];
  if (objectives.length < 2 || objectives.length > 3) {
    faults.push({ where: `${name}: objectives`, wanted: '2 or 3 names', found: show(objectives) });
  }
  if (referencePoint.length !== objectives.length || !referencePoint.every(Number.isFinite)) {
    faults.push({
      where: `${name}: referencePoint`,
      wanted: `${objectives.length} finite numbers, one per objective`,
      found: showNumbers(referencePoint),
    });
  }
  if (faults.length > 0) {
    throw badInput(faults, 'Every objective needs a name and the worst value that still counts.');
  }
}

/**
 * Joins genomes with what their evaluation gave.
 * @throws bad-input where a result is missing, has another length than the problem says or is not finite
 */
export function joinOutcomes(
  { name, objectives }: SearchProblem,
  genomes: readonly Genome[],
  outcomes: readonly Outcome[],
): readonly Evaluated[] {
  const hint =
    'The evaluation of this problem is at fault: each genome needs one finite number per objective.';
  if (outcomes.length !== genomes.length) {
    throw badInput(
      { where: `${name}: evaluate`, wanted: `${genomes.length} results`, found: `${outcomes.length}` },
      hint,
    );
  }
  const faults: Fault[] = [];
  const evaluated = genomes.map((genome, i) => {
    const { objectives: values, violations = [] } = outcomes[i]!;
    const where = `${name}: genome ${show(genome)}`;
    if (values.length !== objectives.length) {
      faults.push({ where, wanted: `${objectives.length} objectives`, found: showNumbers(values) });
    }
    objectives.forEach((objective, m) => {
      const value = values[m];
      if (value === undefined || Number.isFinite(value)) return;
      faults.push({ where: `${where}: ${objective}`, wanted: 'a finite number', found: String(value) });
    });
    if (!violations.every(Number.isFinite)) {
      faults.push({
        where: `${where}: violations`,
        wanted: 'finite numbers',
        found: showNumbers(violations),
      });
    }
    const violation = violations.reduce((sum, v) => sum + Math.max(0, v), 0);
    // JSON has no −0: a resumed run must not differ.
    return { genome, objectives: values.map((value) => value + 0), violation };
  });
  if (faults.length > 0) throw badInput(faults.slice(0, 20), hint);
  return evaluated;
}

/** JSON would write null for NaN and infinity. */
function showNumbers(values: readonly number[]): string {
  return `[${values.join(', ')}]`;
}
