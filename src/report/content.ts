import type { Evaluation } from '../explore/evaluation.ts';
import { nominalClockNs } from '../synth/select-rows.ts';
import { formatNumber, NOT_EVALUATED } from './columns.ts';
import type { Report } from './rows.ts';
import { NOT_SIGNIFICANT, NOT_SIGNIFICANT_MEANING } from './significance.ts';

/** A fact or a limit: a few words that carry it, then the rest. Plain text, to be escaped by each format. */
export interface Statement {
  readonly lead: string;
  readonly text: string;
}

/** Title of every format. */
export const REPORT_TITLE = 'Approximate multipliers: error, silicon cost and accuracy';

/** One line above each table. */
export const TABLE_CAPTIONS = {
  results: `Gain against the best exact full-width design. Below each uniform ROUP stands the exact narrow multiplier that computes the same but for saturation at its largest code. ${NOT_SIGNIFICANT_MEANING}.`,
  accuracy: `Interval: Wilson, 95 %, what other images of the same kind may give. Lost and gained: images that only the exact network, and only this one, has right. ${NOT_SIGNIFICANT_MEANING}.`,
  twins: 'Differences below 5 % are taken for chance of synthesis.',
  errors: 'All operand pairs of the application equally likely; percent of MAE and WCE relative to 2^(2N).',
  cost: 'Mean energy of one multiplication and where it goes.',
  evidence: 'What was compared before a figure was believed.',
} as const;

/** What the numbers come from, line by line. */
export function describeSources(report: Report): readonly Statement[] {
  const { library, conditions } = report.table;
  const rows = report.rows.map((row) => row.cost);
  const clockNs = nominalClockNs(report.table);
  const library_ = `${library.name} (${library.origin === 'embedded' ? 'embedded in the toolkit' : 'given by the user'})`;
  const proved = rows.filter((row) => row.equivalence === 'abc-cec').length;
  return [
    {
      lead: 'Library',
      text: `${library_}, sha256 ${short(library.sha256)}, ${library.voltageV} V, ${library.temperatureC} °C`,
    },
    {
      lead: 'Operands',
      text:
        'stream "uniform": independent uniform operands over the full range of the application; ' +
        `${count(conditions.operandPairs)} pairs, seed ${conditions.seed}, one pair every ${clockNs} ns, ` +
        'zero delay, no glitches',
    },
    {
      lead: 'Synthesis',
      text:
        `clock target ${clockNs} ns for every design, input transition ` +
        `${conditions.inputTransitionNs} ns, output load ${conditions.outputLoadFf} fF`,
    },
    { lead: 'Verification', text: describeVerification(report) },
    {
      lead: 'Equivalence',
      text: `${proved} of ${rows.length} mapped netlists proved equal to their RTL (abc cec)`,
    },
    ...describeNetwork(report),
    { lead: 'Tools', text: describeTools(report) },
  ];
}

/** What the numbers are not; the leads are to be set in bold. */
export function describeLimits(report: Report): readonly Statement[] {
  const { evaluation } = report;
  const limits: Statement[] = [
    {
      lead: 'No layout.',
      text: 'Area is the sum of the cell areas and no wire has a length: no placement, no routing, no wire load, no clock tree.',
    },
    describeGlitches(report),
    {
      lead: 'Only for this operand stream.',
      text:
        'The operands of a real layer are not uniform: energy per multiplication changes by a factor of 2 and more, ' +
        'savings change with it, and so may the order of the designs.',
    },
    {
      lead: 'Differences below 5 % say nothing.',
      text: 'Each design is the best of the same recipes. The same circuit written in another order moves its energy by up to 3.4 % (docs/space.md); other recipes, other tools and layout come on top.',
    },
    {
      lead: 'Multipliers only.',
      text: 'Energy excludes accumulators, memories, control and data movement, which often need more than the multipliers.',
    },
  ];
  if (evaluation === undefined) {
    limits.push({ lead: 'Accuracy: not evaluated.', text: 'This report has no network and no dataset.' });
  } else {
    if (/synthetic/i.test(evaluation.dataset.name)) {
      limits.push({
        lead: 'Synthetic dataset.',
        text: 'The images are generated, not photographs: the accuracies rank designs and are no benchmark result.',
      });
    }
    limits.push({
      lead: 'No retraining.',
      text: 'One multiplier serves every convolution and dense layer, weights are those of the exact network, and nothing is compensated.',
    });
  }
  for (const text of report.table.library.notes) limits.push({ lead: 'Library, not modelled.', text });
  return [...limits, ...report.notes.map((note) => ({ lead: 'Note.', text: note }))];
}

/** How much energy the zero-delay figures leave out, where that was simulated. */
function describeGlitches({ rows }: Report): Statement {
  const lead = 'No glitches in Energy and Energy gain.';
  const shares = rows.flatMap((row) =>
    row.glitches === undefined ? [] : [row.glitches.energyPj / row.cost.energyPj],
  );
  if (shares.length === 0) {
    return {
      lead,
      text: 'Energy is counted at zero delay; a real multiplier also spends energy on glitches.',
    };
  }
  const moved = rows.map((row) => row.glitches!.gainPercent - row.energyGainPercent);
  const range = (values: readonly number[], places: number, signed: boolean): string =>
    `${formatNumber(Math.min(...values), places, signed)} to ${formatNumber(Math.max(...values), places, signed)}`;
  return {
    lead,
    text:
      `They are counted at zero delay. With glitches, simulated with library delays and without wires, the designs need ` +
      `${range(shares, 2, false)} times as much, and their gains move by ${range(moved, 1, true)} points ("Silicon cost").`,
  };
}

/** What the names in the tables mean. */
export function describeTerms(report: Report): readonly Statement[] {
  const sampled = report.rows.filter((row) => !row.errors.exhaustive).length;
  const over =
    sampled === 0 ? 'all operand pairs' : `all operand pairs (${sampled} designs: a uniform sample)`;
  return [
    {
      lead: 'MAE, WCE',
      text: `mean and largest |error| over ${over}; in percent of 2^(2N) for N-bit operands.`,
    },
    { lead: 'MRED', text: 'mean of |error| / |exact product| over the pairs whose exact product is not 0.' },
    {
      lead: 'MRE',
      text: 'mean of |error| / max(1, |exact product|) over all pairs, as in EvoApproxLib; larger than MRED where products of 0 are missed.',
    },
    {
      lead: 'EP, bias, PRED(2 %)',
      text: 'share of wrong products; mean signed error; share of products with a relative error below 2 %.',
    },
    {
      lead: 'Energy',
      text: 'internal + switching + leakage energy of one multiplication, mean over the operand stream.',
    },
    {
      lead: 'Glitches',
      text: 'energy of the transitions beyond those that the settled values need: event-driven simulation with the delays and ramps of the library, the same operands; narrow pulses shrink and swing partly; the gain with glitches is against the exact full-width design that needs least with its own.',
    },
    {
      lead: 'Energy gain',
      text: '1 − energy / energy of the best exact full-width design, at the same delay target and operand stream.',
    },
    {
      lead: 'Accuracy change',
      text: 'against the exact int8 network on the same images, in percentage points, with the half width of the paired 95 % confidence interval.',
    },
    {
      lead: 'McNemar p',
      text: `how likely a split of lost and gained images at least as uneven is when both networks are equally good (exact test); ${NOT_SIGNIFICANT} from 5 % on. Of twenty designs that change nothing one lacks the mark by chance.`,
    },
    {
      lead: 'ROUP P, r',
      text: 'radix-4 Booth multiplier that leaves out the P lowest digits of one operand and rounds the other, per partial product, to a multiple of 2^r.',
    },
    {
      lead: 'Narrow exact twin',
      text: 'a uniform ROUP computes what an exact (N−r)×(N−2P) multiplier computes for rounded operands, except where the narrow one saturates at its largest code; so that multiplier stands below it.',
    },
  ];
}

/** Sum of what was compared, e.g. for a status line. */
function describeVerification({ verdict }: Report): string {
  const exhaustive = verdict.designs.filter((entry) => entry.coverage === 'exhaustive').length;
  const sampled = verdict.designs.length - exhaustive;
  const pairs = verdict.designs.reduce((sum, entry) => sum + entry.pairsCompared, 0);
  const how = [
    ...(exhaustive > 0 ? [`${exhaustive} on all operand pairs`] : []),
    ...(sampled > 0 ? [`${sampled} on corners and random pairs (seed ${verdict.seed})`] : []),
  ].join(', ');
  return `${verdict.designs.length} designs simulated against the golden model, ${how}: ${count(pairs)} products compared, 0 wrong`;
}

/** Where the statistics of the batch norms come from. */
export function describeBatchNorm({
  batchNorm,
  batchNormImages: images,
}: Pick<Evaluation, 'batchNorm' | 'batchNormImages'>): string {
  const measuredOn = images === undefined ? '' : ` on ${count(images.images)} images of ${images.name}`;
  return `batch norm ${batchNorm}${measuredOn}`;
}

/** What the accuracies come from: images, network, mapping. */
export function describeNetwork({ evaluation }: Pick<Report, 'evaluation'>): readonly Statement[] {
  if (evaluation === undefined) return [{ lead: 'Dataset', text: NOT_EVALUATED }];
  const { network, dataset, exact, float } = evaluation;
  const percent = (accuracy: number): string => `${formatNumber(accuracy * 100, 2)} %`;
  const { low, high } = exact.interval95;
  const some =
    float === undefined || float.images === dataset.images ? '' : ` (first ${count(float.images)} images)`;
  const inFloat = float === undefined ? '' : `${percent(float.accuracy)} in float${some}, `;
  const other = evaluation.roundedOperand === 'weights' ? 'activations' : 'weights';
  return [
    {
      lead: 'Dataset',
      text: `${dataset.name}, ${count(dataset.images)} images, sha256 ${short(dataset.sha256)}`,
    },
    {
      lead: 'Network',
      text:
        `${network.name}, ${count(network.multiplicationsPerImage)} multiplications per image, sha256 ` +
        `${short(network.sha256)}; ${inFloat}${percent(exact.accuracy)} in exact int8 (95 % interval ${percent(low)} to ${percent(high)})`,
    },
    {
      lead: 'Mapping',
      text:
        `${evaluation.roundedOperand} on port a (rounded), ${other} on port b (Booth-encoded, perforated); ` +
        describeBatchNorm(evaluation),
    },
  ];
}

/** Every tool once; a tool that took part in several versions with the stages that used them. */
function describeTools(report: Report): string {
  const stages = [
    { name: 'verify', artifact: report.verdict },
    { name: 'table', artifact: report.table },
    ...(report.evaluation === undefined ? [] : [{ name: 'evaluate', artifact: report.evaluation }]),
  ];
  const uses = stages.flatMap(({ name, artifact }) => [
    { stage: name, tool: 'maxdnn', version: artifact.maxdnnVersion },
    ...Object.entries(artifact.tools).map(([tool, version]) => ({ stage: name, tool, version })),
  ]);
  const tools = [...new Set(uses.map((use) => use.tool))].sort();
  return tools
    .map((tool) => {
      const own = uses.filter((use) => use.tool === tool);
      const versions = [...new Set(own.map((use) => use.version))];
      if (versions.length === 1) return `${tool} ${versions[0]}`;
      return `${tool} ${own.map((use) => `${use.version} (${use.stage})`).join(' and ')}`;
    })
    .join(', ');
}

/** Whole number with thin spaces between thousands. */
function count(value: number): string {
  return formatNumber(value, 0);
}

function short(sha256: string): string {
  return sha256.slice(0, 12);
}
