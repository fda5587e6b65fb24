import type { OnProgress } from '../base/progress.ts';
import type { Dataset } from '../dnn/data/dataset.ts';
import { INT8, type QuantisedNetwork } from '../dnn/quantised-network.ts';
import { compileOperandProduct } from '../multiplier/golden.ts';
import type { TableSpec } from '../multiplier/spec.ts';
import { countRemapped, mapWeights } from '../tune/weight-map.ts';
import { convolutionAssignment, namedAssignment } from './palette.ts';
import { PRINTED_GAIN, PRINTED_ROW_NAMES } from './paper.ts';
import type { Correct, EvoApproxRow, Figure4, Table1 } from './reproduction.ts';
import type { Pricing } from './savings.ts';
import { createSteps, type ScoreOptions, type Scorer, type ScorerSetup } from './scorer.ts';

/** A multiplier of EvoApproxLib. */
export interface EvoApproxMultiplier {
  readonly name: string;
  /** Unsigned truth table. */
  readonly table: TableSpec;
  /** Published power over that of the exact one of the same library, per cent saved. */
  readonly savingPercentPublished: number;
}

/** Images that fill ALWANN's batch up to 1000. */
export interface BatchFill {
  readonly title: string;
  readonly images: Dataset;
}

export interface Table1Request {
  readonly setup: Pick<ScorerSetup, 'network' | 'test'>;
  readonly scorer: Scorer;
  readonly pricing: Pricing;
  readonly figure4: Figure4;
  readonly evoapprox: readonly EvoApproxMultiplier[];
  readonly fills: readonly BatchFill[];
  readonly onProgress?: OnProgress;
}

/** Table I: eight assignments of ROUP multipliers, and five multipliers of EvoApproxLib with and without weight tuning. */
export async function reproduceTable1(request: Table1Request): Promise<Table1> {
  const { setup, scorer, pricing, evoapprox, fills, onProgress } = request;
  const { network } = setup;
  const exact = await scorer.score('fixed', namedAssignment(network, 'LLAM_0'));
  const choices = chooseRows(request.figure4, exact, setup.test.images);
  const total = choices.length + evoapprox.length * (3 + fills.length);
  const step = createSteps(onProgress, 'table1', total);
  const proposed: Table1['proposed'][number][] = [];
  for (const { name, why } of choices) {
    const assignment = namedAssignment(network, name);
    const correct = await scorer.scoreAll(assignment);
    proposed.push({ name, why, savingPercentByStream: pricing.savingsOf(assignment), correct });
    step(name);
  }
  const rows: EvoApproxRow[] = [];
  for (const { name, table, savingPercentPublished } of evoapprox) {
    const remapped = countMapped(table);
    const correct = await scoreEvoApprox(network, scorer, table);
    step(name);
    // A map that changes no weight changes nothing.
    const published = { ...(remapped.signed === 0 ? {} : PUBLISHED) };
    const tuned: Correct = {
      ...(await scoreEvoApprox(network, scorer, table, published)),
      alwann: await scoreUnsigned(network, scorer, table, remapped.unsigned === 0 ? {} : PUBLISHED),
    };
    step(`${name} tuned`);
    const tunedMeasured = await scoreEvoApprox(network, scorer, table, { tuning: 'measured' });
    step(`${name} tuned by histogram`);
    rows.push({ name, correct, tuned, tunedMeasured, remapped, savingPercentPublished, otherBatches: [] });
  }
  const others = rows.map((): EvoApproxRow['otherBatches'][number][] => []);
  // Batch by batch, since a batch keeps its own intermediate results.
  for (const { title, images } of fills) {
    for (const [index, { table, name }] of evoapprox.entries()) {
      const isMapped = rows[index]!.remapped.unsigned > 0;
      const batch = { batchFill: images };
      const correct = await scoreUnsigned(network, scorer, table, batch);
      const correctTuned = isMapped
        ? await scoreUnsigned(network, scorer, table, { ...batch, ...PUBLISHED })
        : correct;
      others[index]!.push({ batch: title, correct, correctTuned });
      step(`${name}, ${title}`);
    }
  }
  return {
    kind: 'table1',
    proposed,
    evoapprox: rows.map((row, index) => ({ ...row, otherBatches: others[index]! })),
  };
}

/** The same circuit for signed codes: |q| · |w| through the table, with the sign of q · w. */
function signMagnitude(table: TableSpec): TableSpec {
  return { ...table, operands: 'sign-magnitude' };
}

/** ALWANN's semantics multiply uint8 codes with the table as it is, the static network signed codes. */
async function scoreEvoApprox(
  network: QuantisedNetwork,
  scorer: Scorer,
  table: TableSpec,
  options: ScoreOptions = {},
): Promise<Correct> {
  const signed = convolutionAssignment(network, signMagnitude(table));
  return {
    fixed: await scorer.score('fixed', signed, options),
    recalibrated: await scorer.score('recalibrated', signed, options),
    alwann: await scoreUnsigned(network, scorer, table, options),
  };
}

function scoreUnsigned(
  network: QuantisedNetwork,
  scorer: Scorer,
  table: TableSpec,
  options: ScoreOptions,
): Promise<number> {
  return scorer.score('alwann', convolutionAssignment(network, table), options);
}

const PUBLISHED: ScoreOptions = { tuning: 'published' };

function countMapped(table: TableSpec): EvoApproxRow['remapped'] {
  const UINT8 = { low: 0, high: 255 };
  const count = (spec: TableSpec, range: { readonly low: number; readonly high: number }): number =>
    countRemapped(
      mapWeights({ product: compileOperandProduct(spec), activations: range, weights: range }),
      range.low,
    );
  return { unsigned: count(table, UINT8), signed: count(signMagnitude(table), INT8) };
}

/** Proposed rows of the paper's Table I. */
const PROPOSED_ROWS = 8;

interface RowChoice {
  readonly name: string;
  readonly why: string;
}

/**
 * The names that the paper is known to have, of each level of Fig. 4 what saves most at the paper's loss, and what comes
 * next.
 */
function chooseRows(
  { levels, stream, maxLossPoints }: Figure4,
  exact: number,
  images: number,
): readonly RowChoice[] {
  const named = PRINTED_ROW_NAMES.map((name) => ({
    name,
    why: 'name of a row of the paper, with our multipliers',
  }));
  const best = levels.flatMap(({ title, front }): RowChoice[] => {
    const loss = (correct: Correct): number => (100 * (exact - correct.fixed)) / images;
    const near = front.filter(({ correct }) => loss(correct) <= PRINTED_GAIN.lossPoints);
    const choice = near.at(-1) ?? front[0];
    if (choice === undefined) return [];
    const limit = near.length > 0 ? PRINTED_GAIN.lossPoints : maxLossPoints;
    return [
      { name: choice.name, why: `most saving of ${title} at ≤ ${limit} points loss (${stream}, fixed)` },
    ];
  });
  const limit = PRINTED_GAIN.lossPoints;
  const others = levels
    .flatMap(({ front }) => front)
    .filter(({ correct }) => (100 * (exact - correct.fixed)) / images <= limit)
    .toSorted((p, q) => q.savingPercentByStream[stream]! - p.savingPercentByStream[stream]!)
    .map(({ name }) => ({ name, why: `next most saving at ≤ ${limit} points loss (${stream}, fixed)` }));
  const rows = new Map<string, RowChoice>();
  for (const row of [...named, ...best, ...others]) {
    if (rows.size < PROPOSED_ROWS && !rows.has(row.name)) rows.set(row.name, row);
  }
  return [...rows.values()];
}
