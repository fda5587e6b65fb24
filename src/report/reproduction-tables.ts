import { EMULATED_ON_1000, PRINTED_EVOAPPROX } from '../reproduce/paper.ts';
import {
  type Correct,
  type Figure3,
  type Figure4,
  type ReproductionBase,
  type Savings,
  SEMANTICS,
  type Table1,
} from '../reproduce/reproduction.ts';
import { escapeMarkdown, joinTable } from './markdown-table.ts';
import {
  accuracyPercent,
  accuracyShare,
  NOT_AVAILABLE,
  SEMANTICS_TITLES,
  STREAM_TITLES,
  signed,
} from './reproduction-words.ts';

/** Multipliers of the palette. */
export function paletteTable(base: ReproductionBase): string {
  const streams = base.energy?.streams ?? [];
  return joinTable(
    ['digit', 'multiplier', 'design', ...streams.map((stream) => `saved \\[%\\], ${STREAM_TITLES[stream]}`)],
    base.palette.map(({ title, design, savingPercentByStream }, digit) => [
      String(digit),
      title,
      `\`${design}\``,
      ...streams.map((stream) => saving(savingPercentByStream, stream)),
    ]),
    3,
  );
}

/** Accuracy per layer and multiplier, a block of columns per semantics. */
export function figure3Table(part: Figure3, base: ReproductionBase): string {
  const multipliers = base.palette.slice(1);
  const heads = SEMANTICS.flatMap((semantics) =>
    multipliers.map(({ title }) => `${title}, ${SEMANTICS_TITLES[semantics]}`),
  );
  const cells = (correct: readonly Correct[]): readonly string[] =>
    SEMANTICS.flatMap((semantics) => correct.map((own) => accuracyPercent(own[semantics], base)));
  return joinTable(
    [part.kind === 'fig3a' ? 'layer' : 'm', ...heads],
    [
      ...(part.kind === 'fig3a' ? [['none (exact)', ...cells(multipliers.map(() => base.exact))]] : []),
      ...part.rows.map(({ label, correct }) => [label, ...cells(correct)]),
    ],
    1,
  );
}

/** Fronts of the levels. */
export function figure4Table(part: Figure4, base: ReproductionBase): string {
  const streams = base.energy?.streams ?? [];
  return joinTable(
    [
      'level',
      'assignment',
      ...streams.map((stream) => `saved \\[%\\], ${STREAM_TITLES[stream]}`),
      ...SEMANTICS.map((semantics) => `accuracy \\[%\\], ${SEMANTICS_TITLES[semantics]}`),
    ],
    part.levels.flatMap(({ title, front }) =>
      front.map((point) => [
        title,
        `\`${point.name}\``,
        ...streams.map((stream) => saving(point.savingPercentByStream, stream)),
        ...SEMANTICS.map((semantics) => accuracyPercent(point.correct[semantics], base)),
      ]),
    ),
    2,
  );
}

/** The rows with ROUP multipliers. */
export function proposedTable({ proposed }: Table1, base: ReproductionBase): string {
  const streams = base.energy?.streams ?? [];
  return joinTable(
    [
      'row',
      'why',
      ...streams.map((stream) => `saved \\[%\\], ${STREAM_TITLES[stream]}`),
      ...SEMANTICS.map((semantics) => `accuracy, ${SEMANTICS_TITLES[semantics]}`),
      'accuracy, paper',
    ],
    proposed.map((row) => [
      `\`${row.name}\``,
      row.why,
      ...streams.map((stream) => saving(row.savingPercentByStream, stream)),
      ...SEMANTICS.map((semantics) => accuracyShare(row.correct[semantics], base)),
      NOT_AVAILABLE,
    ]),
    2,
  );
}

/** The rows with multipliers of EvoApproxLib. */
export function evoApproxTable({ evoapprox }: Table1, base: ReproductionBase): string {
  const both = (row: Table1['evoapprox'][number], of: (correct: Correct) => number): string =>
    [row.correct, row.tuned, row.tunedMeasured].map((own) => accuracyShare(of(own), base)).join(' / ');
  return joinTable(
    [
      'row',
      'weights mapped (uint8 / int8 codes)',
      'power saved \\[%\\], published',
      ...SEMANTICS.map(
        (semantics) => `accuracy plain / tuned / tuned by histogram, ${SEMANTICS_TITLES[semantics]}`,
      ),
      'accuracy, paper',
    ],
    evoapprox.map((row) => [
      `mul8u\\_${row.name}`,
      `${row.remapped.unsigned} / ${row.remapped.signed}`,
      row.savingPercentPublished.toFixed(1),
      ...SEMANTICS.map((semantics) => both(row, (correct) => correct[semantics])),
      printed(row.name),
    ]),
    1,
  );
}

/** ALWANN's semantics in several batches, beside the published and the emulated figures. */
export function batchTable({ evoapprox }: Table1, base: ReproductionBase): string {
  const batches = evoapprox[0]?.otherBatches.map(({ batch }) => batch) ?? [];
  const pair = (plain: number, tuned: number): string =>
    `${accuracyShare(plain, base)} / ${accuracyShare(tuned, base)}`;
  return joinTable(
    [
      'row (plain / tuned)',
      `these ${base.test.images} images as one batch`,
      ...batches.map(escapeMarkdown),
      'emulation of others, first 1000 test images',
      'paper',
    ],
    evoapprox.map(({ name, correct, tuned, otherBatches }) => {
      const emulated = EMULATED_ON_1000[name];
      const others = emulated && [emulated.plain, emulated.tuned].filter((value) => value !== undefined);
      return [
        `mul8u\\_${name}`,
        pair(correct.alwann, tuned.alwann),
        ...otherBatches.map((own) => pair(own.correct, own.correctTuned)),
        others === undefined ? NOT_AVAILABLE : others.map((value) => value.toFixed(3)).join(' / '),
        printed(name),
      ];
    }),
    1,
  );
}

function printed(name: string): string {
  return PRINTED_EVOAPPROX.find((row) => row.name === name)?.accuracy.toFixed(2) ?? NOT_AVAILABLE;
}

function saving(savings: Savings, stream: keyof Savings): string {
  return signed(savings[stream]!, 1);
}
