import type { SiliconEstimate } from './estimate.ts';

/** One level at which the energy of an image is looked at, nJ. */
export interface LevelGain {
  readonly level: string;
  readonly baselineNj: number;
  readonly ownNj: number;
  /** 1 − own / baseline, per cent. */
  readonly gainPercent: number;
}

/** The same image on two accelerators: what of a multiplier's gain is left at each level. */
export function compareLevels(baseline: SiliconEstimate, own: SiliconEstimate): readonly LevelGain[] {
  const levels: readonly (readonly [string, (estimate: SiliconEstimate) => number])[] = [
    ['#mult x energy, uniform operands', ({ energy }) => energy.uniformNj],
    ['#mult x energy, operands of the elements', ({ energy }) => energy.operationsNj],
    ['multipliers in the elements', ({ energy }) => energy.multiplyNj],
    ['processing elements', ({ energy }) => energy.elementsNj],
    [
      'processing elements, ideal clock gating',
      ({ energy }) => energy.elementsNj - energy.elementsIdleClockNj,
    ],
    ['array', ({ energy }) => energy.arrayNj],
    ['logic of the accelerator', ({ energy }) => energy.logicNj],
    ['accelerator with SRAM', ({ energy }) => energy.acceleratorNj],
    [
      'accelerator with SRAM, ideal clock gating',
      ({ energy }) => energy.acceleratorNj - energy.logicIdleClockNj,
    ],
  ];
  return levels.map(([level, of]) => {
    const [baselineNj, ownNj] = [of(baseline), of(own)];
    return { level, baselineNj, ownNj, gainPercent: 100 * (1 - ownNj / baselineNj) };
  });
}

/** Why `#mult × energy` and the energy from RTL activity differ, in sentences with this run's figures. */
export function explainDifference({ energy, spec }: SiliconEstimate): readonly string[] {
  const elements = energy.modules.filter(({ multiplyNj }) => multiplyNj > 0);
  const sum = (of: (module: (typeof elements)[number]) => number): string =>
    nj(elements.reduce((all, module) => all + of(module), 0));
  const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;
  const places = spec.rows * spec.columns * energy.cycles;
  return [
    `${energy.multiplications} multiplications in ${places} element cycles: ${percent(energy.multiplications, places)}; elements took an activation in ${percent(energy.activeShare, 1)} of the cycles that were replayed, the rest of those multiply padding or weights 0.`,
    `One multiplication is ${pj(energy.uniformNj, energy)} on uniform operands and ${pj(energy.operationsNj, energy)} on the operands that the elements had: weights stand still during a pass, activations are often alike.`,
    `The multipliers in the elements take ${nj(energy.multiplyNj)} (${percent(energy.multiplyNj, energy.operationsNj)} of #mult x energy, without leakage): they also switch for padding, unused channels and filters, and when weights are exchanged; they rest in idle cycles.`,
    `Around them the elements take ${sum(({ logicNj }) => logicNj)} in adders and enables, ${sum(({ registersNj }) => registersNj)} in registers, ${sum(({ clockNj }) => clockNj)} at clock pins in every cycle, idle or not, ${sum(({ leakageNj }) => leakageNj)} of leakage.`,
    `The multipliers are ${percent(energy.multiplyNj, energy.elementsNj)} of the elements, the elements ${percent(energy.elementsNj, energy.logicNj)} of the logic, the logic ${percent(energy.logicNj, energy.acceleratorNj)} of the accelerator with its SRAM.`,
  ];
}

function nj(value: number): string {
  return `${value.toFixed(1)} nJ`;
}

function pj(totalNj: number, { multiplications }: SiliconEstimate['energy']): string {
  return `${((1000 * totalNj) / multiplications).toFixed(4)} pJ`;
}
