import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { MaxdnnError } from '../../src/base/errors.ts';
import type { Exploration } from '../../src/explore/exploration.ts';
import { findExplorationFaults } from '../../src/report/exploration-check.ts';
import { writeExplorationReport } from '../../src/report/exploration-report.ts';
import { readExploration } from '../../src/report/read-exploration.ts';
import { sampleExploration, sampleLevels } from './exploration-sample.ts';

/** What can be changed in a copy. */
type Editable<T> = { -readonly [K in keyof T]: Editable<T[K]> };

const LLAM = sampleExploration({ points: 6 });
const FLAM = sampleExploration({ level: 'flam', seed: 2, points: 6 });

const LEVELS = sampleLevels({ points: 6 });

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-exploration-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

function faultsAfter(edit: (copy: Editable<Exploration>) => void, base = LLAM): string {
  const copy = structuredClone(base) as Editable<Exploration>;
  edit(copy);
  return findExplorationFaults(copy as Exploration)
    .map(({ where, wanted, found }) => `${where}: wanted ${wanted}, found ${found}`)
    .join('\n');
}

describe('parts that do not belong together are refused', () => {
  test('samples of all kinds have no fault', () => {
    const samples = [
      LLAM,
      FLAM,
      sampleExploration({ points: 1, methods: ['greedy'], hasTest: false, streams: ['uniform'] }),
      sampleExploration({ outside: ['mul8u_2AC'], seed: 5, points: 4 }),
      LEVELS,
    ];
    expect(samples.map(findExplorationFaults)).toEqual([[], [], [], [], []]);
  });

  const SABOTAGE: readonly (readonly [string, (copy: Editable<Exploration>) => void, RegExp])[] = [
    [
      'no points',
      (e) => {
        e.points = [];
        e.front = [];
      },
      /points: wanted at least one/,
    ],
    [
      'an unknown multiplier',
      (e) => {
        e.points[0]!.layers[1]!.parts[0]!.multiplier = 77;
      },
      /points, p001: conv1: wanted the index of one of 19 multipliers, found 77/,
    ],
    [
      'an unknown multiplier of a gene',
      (e) => {
        e.genes[2]!.choices[0] = -1;
      },
      /genes, conv2: choices: wanted the index/,
    ],
    [
      'an unknown layer of a gene',
      (e) => {
        e.genes[0]!.layer = 'cnov0';
      },
      /genes, conv0: wanted one of the layers conv0, .*, found "cnov0"/,
    ],
    [
      'an unknown layer of a sensitivity',
      (e) => {
        e.sensitivity[3]!.layer = 'x';
      },
      /sensitivity\[3\]: wanted one of the layers/,
    ],
    [
      'an unknown multiplier of a sensitivity',
      (e) => {
        e.sensitivity[3]!.multiplier = 1.5;
      },
      /sensitivity\[3\]: wanted the index/,
    ],
    [
      'a layer left out',
      (e) => {
        e.points[1]!.layers.pop();
      },
      /points, p002: wanted the layers conv0, .*, each once, found conv0/,
    ],
    [
      'multiplications that are lost',
      (e) => {
        e.points[1]!.layers[0]!.parts[0]!.multiplications -= 1;
      },
      /p002: wanted 12238848 multiplications per image, skipped ones included, found 12238847/,
    ],
    [
      'a genome that says something else',
      (e) => {
        e.points[0]!.genome[0] = (e.points[0]!.genome[0]! + 1) % 19;
      },
      /p001: genome, conv0: wanted mul_\w+, as the genome chooses, found mul_/,
    ],
    [
      'a genome that is too short',
      (e) => {
        e.points[0]!.genome.pop();
      },
      /p001: genome: wanted 8 choices, one per gene, found 7/,
    ],
    [
      'a choice out of range',
      (e) => {
        e.points[0]!.genome[0] = 19;
      },
      /genome, conv0: wanted a choice 0 … 18, found 19/,
    ],
    [
      'an id twice',
      (e) => {
        e.points[1]!.id = 'p001';
      },
      /points: wanted each name once, found p001 twice/,
    ],
    [
      'a design twice',
      (e) => {
        e.multipliers[1]!.design = e.multipliers[0]!.design;
      },
      /multipliers: wanted each name once/,
    ],
    [
      'a spec of another design',
      (e) => {
        e.multipliers[1]!.spec = e.multipliers[0]!.spec;
      },
      /multipliers\[1\]\.spec: wanted the spec of mul_baugh_wooley_s8/,
    ],
    [
      'a saving that is not that of the energies',
      (e) => {
        e.points[0]!.savingPercentByStream.uniform! += 0.1;
      },
      /p001: wanted a saving of [\d.]+ % on uniform/,
    ],
    [
      'a saving without an energy',
      (e) => {
        delete e.points[0]!.energyPerImageNjByStream.uniform;
      },
      /p001: wanted a saving of NaN % on uniform/,
    ],
    [
      'no energy on the searched stream',
      (e) => {
        delete e.points[0]!.energyPerImageNjByStream['layer-stream'];
      },
      /p001: wanted an energy on layer-stream/,
    ],
    [
      'no baseline on the searched stream',
      (e) => {
        delete e.baselines['layer-stream'];
      },
      /baselines: wanted one on layer-stream/,
    ],
    [
      'a searched stream that is none of them',
      (e) => {
        e.streams = ['uniform'];
      },
      /searchedStream: wanted one of uniform, found layer-stream/,
    ],
    [
      'points out of order',
      (e) => {
        e.points.reverse();
      },
      /points: wanted rising energy on layer-stream, found p0/,
    ],
    [
      'an objective too few',
      (e) => {
        e.points[0]!.objectives.pop();
      },
      /p001: wanted 2 objectives/,
    ],
    [
      'a reference point of another length',
      (e) => {
        e.referencePoint.push(1);
      },
      /referencePoint: wanted 2 values above 0/,
    ],
    [
      'a dominated point on the front',
      (e) => {
        e.front.push(e.points.find(({ id }) => !e.front.includes(id))!.id);
      },
      /front: wanted points that none dominates, found p\d+, which p\d+ dominates/,
    ],
    [
      'a point that the front lacks',
      (e) => {
        e.front.shift();
      },
      /front: wanted p\d+, which no point dominates, found it is missing/,
    ],
    [
      'a front of unknown points',
      (e) => {
        e.front.push('p999');
      },
      /front: wanted ids of the \d+ points, found "p999", which is none/,
    ],
    [
      'a search with unknown points',
      (e) => {
        e.searches[1]!.front.push('q1');
      },
      /searches\[1\] \(greedy\)\.front: wanted ids/,
    ],
    [
      'evaluations that fall',
      (e) => {
        e.searches[0]!.convergence[3]!.evaluations = 1;
      },
      /searches\[0\] \(nsga2\)\.convergence\[3\]\.evaluations: wanted no fewer/,
    ],
    [
      'a hypervolume that is none',
      (e) => {
        e.searches[0]!.convergence[3]!.hypervolume = Number.NaN;
      },
      /convergence\[3\]\.hypervolume/,
    ],
    [
      'another number of calibration images',
      (e) => {
        e.points[0]!.calibration.images = 999;
      },
      /p001: wanted 1000 calibration images, found 999/,
    ],
    [
      'a negative KL',
      (e) => {
        e.points[0]!.calibration.klNats = -1;
      },
      /p001: wanted a KL divergence of at least 0, found -1/,
    ],
    [
      'a negative KL of a layer',
      (e) => {
        e.sensitivity[0]!.klNats = -1;
      },
      /sensitivity\[0\]\.klNats/,
    ],
    [
      'an energy of 0 in a layer',
      (e) => {
        e.sensitivity[0]!.energyPj.uniform = 0;
      },
      /sensitivity\[0\]\.energyPj\.uniform: wanted a number above 0/,
    ],
    [
      'a test result without test images',
      (e) => {
        delete e.test;
      },
      /wanted no test result, as the exploration names no test images/,
    ],
    [
      'another number of test images',
      (e) => {
        e.test!.images = 10;
      },
      /wanted 10 test images, found 517/,
    ],
    [
      'a change that is not that of the accuracies',
      (e) => {
        e.points.find((p) => p.test)!.test!.changePoints += 0.01;
      },
      /wanted a change of -?[\d.]+ points on test images/,
    ],
    [
      'a confusion matrix that does not add up',
      (e) => {
        e.points.find((p) => p.test)!.test!.confusion[0]![0]! += 1;
      },
      /test: wanted a confusion matrix of all images/,
    ],
  ];

  test.each(SABOTAGE)('%s', (_name, edit, wanted) => {
    expect(faultsAfter(edit)).toMatch(wanted);
  });

  test('a class that does not use what its gene chooses', () => {
    const edit = (e: Editable<Exploration>): void => {
      e.points[0]!.layers[2]!.parts[1]!.multiplier = (e.points[0]!.layers[2]!.parts[1]!.multiplier + 1) % 19;
    };
    expect(faultsAfter(edit, FLAM)).toMatch(/p001: genome, conv2\/1: wanted mul_\w+, as the genome chooses/);
  });

  test('levels that are unknown, missing or needless', () => {
    const found = [
      faultsAfter((e) => {
        e.points[0]!.level = 'klam-row';
      }, LEVELS),
      faultsAfter((e) => {
        delete e.searches[1]!.level;
      }, LEVELS),
      faultsAfter((e) => {
        e.genes[1]!.level = 'llam';
      }),
      faultsAfter((e) => {
        const other = e.points.find(({ level }) => level !== e.points[0]!.level)!;
        e.points[0]!.level = other.level!;
      }, LEVELS),
    ];
    expect(found[0]).toMatch(
      /points, p001: level: wanted one of the levels llam, flam-3-modulo, found "klam-row"/,
    );
    expect(found[1]).toMatch(/searches\[1\]: level: wanted one of the levels .*, found null/);
    expect(found[2]).toMatch(/genes, conv1: level: wanted no level, as there is but one, found "llam"/);
    expect(found[3]).toMatch(/p001: genome: wanted (8|24) choices, one per gene of level/);
    expect(found).toHaveLength(4);
  });

  test('all faults are told at once, and nothing is written', () => {
    const copy = structuredClone(LLAM) as Editable<Exploration>;
    copy.points[0]!.layers[1]!.parts[0]!.multiplier = 77;
    copy.front.push('p999');
    const target = join(folder, 'refused');
    let error: MaxdnnError | undefined;
    try {
      writeExplorationReport(copy as Exploration, target);
    } catch (caught) {
      error = caught as MaxdnnError;
    }
    expect(error?.code).toBe('bad-input');
    expect(error?.message).toMatch(/found 77[\s\S]*p999/);
    expect(() => rmSync(target, { recursive: true })).toThrow(/ENOENT/);
  });
});

describe('reading the artifact', () => {
  const path = join(folder, 'exploration.json');
  const read = (edit: (copy: Editable<Exploration>) => void): Exploration => {
    const copy = structuredClone(FLAM) as Editable<Exploration>;
    edit(copy);
    writeFileSync(path, JSON.stringify(copy));
    return readExploration(path);
  };

  test('gives back what was written', () => {
    expect(read(() => {})).toEqual(FLAM);
  });

  test('sabotage: what has another shape is refused with its place', () => {
    const shapes: readonly (readonly [(copy: Editable<Exploration>) => void, RegExp])[] = [
      [
        (e) => {
          delete (e as Partial<typeof e>).genes;
        },
        /wanted field "genes"/,
      ],
      [
        (e) => {
          e.points[1]!.calibration.klNats = '1' as never;
        },
        /points\[1\]\.calibration\.klNats: wanted a number/,
      ],
      [
        (e) => {
          e.searches[0]!.method = 'annealing' as never;
        },
        /searches\[0\]\.method: wanted one of nsga2, greedy, random/,
      ],
      [
        (e) => {
          e.multipliers[0]!.spec = { family: 'roup', bits: 8 } as never;
        },
        /multipliers\[0\]\.spec/,
      ],
      [
        (e) => {
          e.points[0]!.layers[0]!.parts[0]!.multiplications = 1.5;
        },
        /parts\[0\]\.multiplications: wanted an integer/,
      ],
      [
        (e) => {
          e.network.sha256 = 'x';
        },
        /network\.sha256: wanted a SHA-256/,
      ],
      [
        (e) => {
          e.formatVersion = 2;
        },
        /format version 1/,
      ],
      [
        (e) => {
          e.kind = 'evaluation' as never;
        },
        /kind "exploration"/,
      ],
    ];
    for (const [edit, wanted] of shapes) expect(() => read(edit)).toThrow(wanted);
    expect(shapes).toHaveLength(8);
  });
});
