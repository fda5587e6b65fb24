import { RUN_FILES } from './run-folder.ts';

/** A way of mapping a circuit to the library with abc. */
export interface Recipe {
  readonly name: string;
  /**
   * Circuit that it starts from: `gates`, generic gates that Yosys has simplified; `adders`, the same with full
   * adders taken out as library cells, which abc neither sees nor times.
   */
  readonly from: Circuit;
  /** abc commands from the circuit to a mapped network; {D} stands for the clock target in ps. */
  readonly map: string;
  /**
   * What is done with the mapped network, one candidate each: `as-mapped`, nothing; a number, buffers and gates are
   * sized (`upsize`, `dnsize`) for this share of the clock target, since abc and OpenSTA do not time alike;
   * `buffered-…`, the same after long nets were buffered.
   */
  readonly sizing: readonly Sizing[];
}

export type Circuit = 'gates' | 'adders';
export type Sizing = 'as-mapped' | `sized-${number}` | `buffered-${number}`;

/**
 * Tried for every design and every clock target. How this set was chosen, and what each brings: docs/synthesis.md.
 */
export const RECIPES: readonly Recipe[] = [
  {
    name: 'area-flow',
    from: 'gates',
    map: 'strash; dc2; dc2; &get -n; &dch -f; &nf -R 20 -F 20 -C 32 -a; &put',
    sizing: ['as-mapped', 'sized-1', 'sized-0.9'],
  },
  {
    name: 'area-flow-rewritten',
    from: 'gates',
    map: 'strash; balance; rewrite; refactor; balance; rewrite; rewrite -z; balance; &get -n; &dch -f; &nf -R 10 -F 10 -a; &put',
    sizing: ['as-mapped', 'sized-1', 'sized-0.9'],
  },
  {
    name: 'delay',
    from: 'gates',
    map: 'strash; balance; dch -f; map -D {D}',
    sizing: ['as-mapped', 'sized-1', 'sized-0.9'],
  },
  {
    name: 'delay-recovered',
    from: 'gates',
    map: 'strash; dc2; dc2; dch -f; map -D {D}',
    sizing: ['as-mapped', 'sized-1', 'sized-0.9'],
  },
  {
    name: 'fastest',
    from: 'gates',
    map: 'strash; dch; map -B 0.9 -D {D}',
    sizing: ['as-mapped', 'sized-1', 'sized-0.85', 'buffered-0.9'],
  },
  {
    name: 'adders',
    from: 'adders',
    map: 'strash; &get -n; &dch -f; &nf -R 10 -F 10 -a; &put',
    sizing: ['as-mapped'],
  },
  {
    name: 'adders-area-flow',
    from: 'adders',
    map: 'strash; dc2; dc2; &get -n; &dch -f; &nf -R 20 -F 20 -C 32 -a; &put',
    sizing: ['as-mapped'],
  },
  {
    name: 'adders-resubstituted',
    from: 'adders',
    map: 'strash; dc2; resub -K 8; rewrite -z; dc2; &get -n; &dch -f; &nf -R 10 -F 10 -a; &put',
    sizing: ['as-mapped'],
  },
  {
    name: 'adders-few-pins',
    from: 'adders',
    map: 'strash; dc2; dc2; &get -n; &dch -f; &nf -E 20 -R 10 -F 10 -a; &put',
    sizing: ['as-mapped'],
  },
];

export const CANDIDATE_FOLDER = 'candidates';

/** Name of a candidate: recipe and sizing. */
export function candidateName({ name }: Recipe, sizing: Sizing): string {
  return `${name}/${sizing}`;
}

/** File of a candidate in the run folder. */
export function candidateFile(recipe: Recipe, sizing: Sizing): string {
  return `${CANDIDATE_FOLDER}/${recipe.name}-${sizing}.blif`;
}

/**
 * The abc commands that make every candidate of the given circuits. Each recipe maps once; each sizing starts from
 * the mapped network.
 */
export function mappingCommands(
  circuits: Readonly<Partial<Record<Circuit, string>>>,
  clockNs: number,
): string[] {
  const clockPs = clockNs * 1000;
  const commands = RECIPES.flatMap((recipe) => {
    const circuit = circuits[recipe.from];
    if (circuit === undefined) return [];
    const mapped = candidateFile(recipe, 'as-mapped');
    const map = recipe.map.replaceAll('{D}', ps(clockPs)).split('; ');
    const sized = recipe.sizing.filter((sizing) => sizing !== 'as-mapped');
    return [
      `read_blif ${circuit}`,
      ...map,
      'topo',
      `write_blif ${mapped}`,
      ...sized.flatMap((sizing) => [
        `read_blif ${mapped}`,
        ...sizingCommands(sizing, clockPs),
        `write_blif ${candidateFile(recipe, sizing)}`,
      ]),
    ];
  });
  return [`read_lib -w ${RUN_FILES.library}`, `read_constr ${RUN_FILES.abcConstraints}`, ...commands];
}

function sizingCommands(sizing: Sizing, clockPs: number): string[] {
  const [how, share] = sizing.split('-') as ['sized' | 'buffered', string];
  const target = ps(clockPs * Number(share));
  const size = [`upsize -D ${target}`, `dnsize -D ${target}`];
  return how === 'buffered' ? ['topo', 'buffer -c', 'topo', ...size] : ['topo', ...size];
}

function ps(value: number): string {
  return value.toFixed(1);
}
