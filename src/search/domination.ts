import { type Evaluated, genomeKey } from './problem.ts';

/** True if `a` is at least as good as `b` in every objective and better in one (all minimised). */
export function dominates(a: readonly number[], b: readonly number[]): boolean {
  let better = false;
  for (let m = 0; m < a.length; m++) {
    if (a[m]! > b[m]!) return false;
    if (a[m]! < b[m]!) better = true;
  }
  return better;
}

/**
 * Constraint-domination: a feasible solution beats one that is not, of two that are not the smaller violation wins, and
 * between feasible ones the objectives decide. Two with the same violation > 0 do not dominate each other.
 * Source: Deb, Pratap, Agarwal, Meyarivan, IEEE TEC 6(2), 2002, definition 1.
 */
export function constraintDominates(a: Evaluated, b: Evaluated): boolean {
  if (a.violation !== b.violation) return a.violation < b.violation;
  return a.violation === 0 && dominates(a.objectives, b.objectives);
}

/**
 * Fast non-dominated sort: indices of the members by front, the best front first, in each front in rising order.
 * O(objectives × members²).
 * Source: Deb et al. 2002, section III-A.
 */
export function sortFronts(
  members: readonly Evaluated[],
  beats: (a: Evaluated, b: Evaluated) => boolean = constraintDominates,
): readonly (readonly number[])[] {
  const beaten: number[][] = members.map(() => []);
  const beatenBy = new Array<number>(members.length).fill(0);
  for (let p = 0; p < members.length; p++) {
    for (let q = p + 1; q < members.length; q++) {
      if (beats(members[p]!, members[q]!)) {
        beaten[p]!.push(q);
        beatenBy[q]!++;
      } else if (beats(members[q]!, members[p]!)) {
        beaten[q]!.push(p);
        beatenBy[p]!++;
      }
    }
  }
  const fronts: number[][] = [];
  let front = members.map((_, i) => i).filter((i) => beatenBy[i] === 0);
  while (front.length > 0) {
    fronts.push(front);
    const next: number[] = [];
    for (const p of front) {
      for (const q of beaten[p]!) {
        if (--beatenBy[q]! === 0) next.push(q);
      }
    }
    front = next.sort((a, b) => a - b);
  }
  return fronts;
}

/**
 * Feasible members that no other one dominates, each genome once, ordered by their objectives, then genomes. Where none
 * is feasible: empty.
 */
export function nonDominated<E extends Evaluated>(members: readonly E[]): readonly E[] {
  const feasible = members
    .filter(({ violation }) => violation === 0)
    .sort((a, b) => compare(a.objectives, b.objectives) || compare(a.genome, b.genome));
  const front: E[] = [];
  const seen = new Set<string>();
  // In this order nothing is dominated by what comes after it.
  for (const member of feasible) {
    const key = genomeKey(member.genome);
    if (seen.has(key) || front.some((other) => dominates(other.objectives, member.objectives))) continue;
    seen.add(key);
    front.push(member);
  }
  return front;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}
