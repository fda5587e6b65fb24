import { type Fault, show } from '../base/errors.ts';
import type { Exploration, ExplorationPoint } from '../explore/exploration.ts';

/** What refers to a layer, multiplier or gene that is not there, or does not agree with what it refers to. */
export function findLayerFaults(exploration: Exploration): readonly Fault[] {
  const { points, genes, sensitivity, multipliers } = exploration;
  const layers = points[0]?.layers.map(({ layer }) => layer) ?? [];
  const layerFault = (where: string, layer: string): readonly Fault[] =>
    layers.includes(layer)
      ? []
      : [{ where, wanted: `one of the layers ${layers.join(', ')}`, found: show(layer) }];
  const multiplierFault = (where: string, index: number): readonly Fault[] =>
    Number.isInteger(index) && multipliers[index] !== undefined
      ? []
      : [{ where, wanted: `the index of one of ${multipliers.length} multipliers`, found: show(index) }];
  return [
    ...genes.flatMap(({ name, layer, choices }) => [
      ...layerFault(`genes, ${name}`, layer),
      ...choices.flatMap((choice) => multiplierFault(`genes, ${name}: choices`, choice)),
    ]),
    ...sensitivity.flatMap(({ layer, multiplier, klNats, energyPj }, index) => [
      ...layerFault(`sensitivity[${index}]`, layer),
      ...multiplierFault(`sensitivity[${index}]`, multiplier),
      ...(klNats >= 0 && Number.isFinite(klNats)
        ? []
        : [{ where: `sensitivity[${index}].klNats`, wanted: 'a number of at least 0', found: show(klNats) }]),
      ...Object.entries(energyPj)
        .filter(([, energy]) => !(energy > 0 && Number.isFinite(energy)))
        .map(([stream, energy]) => ({
          where: `sensitivity[${index}].energyPj.${stream}`,
          wanted: 'a number above 0',
          found: show(energy),
        })),
    ]),
    ...points.flatMap((point) => [
      ...findNetworkFaults(exploration, point, layers),
      ...point.layers.flatMap(({ layer, parts }) =>
        parts.flatMap(({ multiplier }) => multiplierFault(`points, ${point.id}: ${layer}`, multiplier)),
      ),
      ...findGenomeFaults(exploration, point),
    ]),
  ];
}

/** Every point has every layer once, and all multiplications of the network. */
function findNetworkFaults(
  { network }: Exploration,
  { id, layers }: ExplorationPoint,
  wanted: readonly string[],
): readonly Fault[] {
  const where = `points, ${id}`;
  const names = layers.map(({ layer }) => layer);
  if (names.join() !== wanted.join() || new Set(names).size !== names.length) {
    return [{ where, wanted: `the layers ${wanted.join(', ')}, each once`, found: names.join(', ') }];
  }
  const total = layers.reduce(
    (sum, { parts, skippedMultiplications }) =>
      parts.reduce((own, { multiplications }) => own + multiplications, sum + skippedMultiplications),
    0,
  );
  if (total === network.multiplicationsPerImage) return [];
  return [
    {
      where,
      wanted: `${network.multiplicationsPerImage} multiplications per image, skipped ones included`,
      found: show(total),
    },
  ];
}

/** A genome has a choice for each gene of its level, and the layers use what it chooses. */
function findGenomeFaults(
  { genes: allGenes, multipliers }: Exploration,
  { id, level, genome, layers }: ExplorationPoint,
): readonly Fault[] {
  const where = `points, ${id}: genome`;
  const genes = allGenes.filter((gene) => gene.level === level);
  if (genome.length !== genes.length) {
    return [
      {
        where,
        wanted: `${genes.length} choices, one per gene${level === undefined ? '' : ` of level ${level}`}`,
        found: show(genome.length),
      },
    ];
  }
  return genes.flatMap(({ name, layer, classIndex, choices, skips }, index) => {
    const choice = genome[index]!;
    const count = skips?.length ?? choices.length;
    if (!Number.isInteger(choice) || choice < 0 || choice >= count) {
      return [{ where: `${where}, ${name}`, wanted: `a choice 0 … ${count - 1}`, found: show(choice) }];
    }
    const multiplier = choices[choice];
    if (skips !== undefined || multiplier === undefined) return [];
    const parts = layers
      .find((own) => own.layer === layer)
      ?.parts.filter((part) => classIndex === undefined || part.classIndex === classIndex);
    if (parts === undefined || parts.length === 0 || parts.some((part) => part.multiplier === multiplier))
      return [];
    const nameOf = (at: number): string => multipliers[at]?.design ?? String(at);
    return [
      {
        where: `${where}, ${name}`,
        wanted: `${nameOf(multiplier)}, as the genome chooses`,
        found: parts.map((part) => nameOf(part.multiplier)).join(', '),
      },
    ];
  });
}
