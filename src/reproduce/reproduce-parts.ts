import { artifactHeader, digestOf } from '../base/artifact.ts';
import { ignoreProgress } from '../base/progress.ts';
import { quantisedNetworkDigest } from '../dnn/quantised-network.ts';
import { designName } from '../multiplier/spec.ts';
import type { EnergyTable } from '../synth/energy-table.ts';
import { reproduceFigure3 } from './figure3.ts';
import { reproduceFigure4 } from './figure4.ts';
import { convolutionAssignment, PALETTE } from './palette.ts';
import {
  type Figure4,
  type PartName,
  REPRODUCTION_FORMAT_VERSION,
  type Reproduction,
  type ReproductionBase,
  type ReproductionPart,
} from './reproduction.ts';
import { createPricing, type Pricing } from './savings.ts';
import { createScorer, type Scorer, type ScorerSetup } from './scorer.ts';
import { type BatchFill, type EvoApproxMultiplier, reproduceTable1 } from './table1.ts';

export interface ReproduceRequest extends ScorerSetup {
  /** Energies of the palette's designs; Fig. 4 and Table I need it. */
  readonly table?: EnergyTable;
  readonly evoapprox: readonly EvoApproxMultiplier[];
  /** What fills ALWANN's batch up to 1000 images. */
  readonly fills: readonly BatchFill[];
}

/**
 * Measures figures and tables of MAx-DNN again, each under three semantics. What was counted before is read from the
 * book; Table I takes rows from Fig. 4 and makes it on the way.
 * @throws bad-input without energies for Fig. 4, or when the table lacks a design
 */
export async function reproduceParts(
  names: readonly PartName[],
  request: ReproduceRequest,
): Promise<readonly Reproduction[]> {
  const pricing = createPricing(request.network, request.table);
  const scorer = createScorer(request);
  try {
    const base = await describeBase(request, scorer, pricing);
    const header = artifactHeader('reproduction', REPRODUCTION_FORMAT_VERSION, {
      network: base.network.sha256,
      graph: base.graph.sha256,
      test: base.test.sha256,
      recalibration: base.recalibration.sha256,
      ...(request.table === undefined ? {} : { table: digestOf(request.table.rows.map(({ key }) => key)) }),
    });
    let known: Figure4 | undefined;
    const figure4 = async (): Promise<Figure4> => {
      known ??= await reproduceFigure4(request, scorer, pricing, request.onProgress);
      return known;
    };
    const parts: Reproduction[] = [];
    for (const name of names) {
      parts.push({ ...header, base, part: await makePart(name, { request, scorer, pricing, figure4 }) });
    }
    return parts;
  } finally {
    await scorer.close();
  }
}

interface PartContext {
  readonly request: ReproduceRequest;
  readonly scorer: Scorer;
  readonly pricing: Pricing;
  readonly figure4: () => Promise<Figure4>;
}

async function makePart(name: PartName, context: PartContext): Promise<ReproductionPart> {
  const { request, scorer, pricing, figure4 } = context;
  const { evoapprox, fills, onProgress = ignoreProgress } = request;
  switch (name) {
    case 'fig3a':
    case 'fig3b':
      return reproduceFigure3(name, request, scorer, onProgress);
    case 'fig4':
      return figure4();
    case 'table1':
      return reproduceTable1({
        setup: request,
        scorer,
        pricing,
        figure4: await figure4(),
        evoapprox,
        fills,
        onProgress,
      });
  }
}

async function describeBase(
  { network, graph, test, recalibration }: ReproduceRequest,
  scorer: Scorer,
  pricing: Pricing,
): Promise<ReproductionBase> {
  const identity = ({ name, sha256, images }: typeof test) => ({ name, sha256, images });
  return {
    network: { name: network.name, sha256: quantisedNetworkDigest(network) },
    graph: { name: graph.name, sha256: graph.sha256 },
    test: identity(test),
    recalibration: identity(recalibration),
    exact: await scorer.scoreAll(convolutionAssignment(network, PALETTE[0]!.spec)),
    palette: PALETTE.map(({ title, spec }) => ({
      title,
      design: designName(spec),
      spec,
      savingPercentByStream: pricing.savingsOf(convolutionAssignment(network, spec)),
    })),
    ...(pricing.description === undefined ? {} : { energy: pricing.description }),
  };
}
