import { groupMemories } from '../silicon/area.ts';
import { compareLevels, explainDifference } from '../silicon/compare.ts';
import type { SiliconEstimate } from '../silicon/estimate.ts';
import type { MemoryEnergy } from '../silicon/image-energy.ts';
import { TOP_MODULE } from '../silicon/map-accelerator.ts';
import { alignColumns } from './align-columns.ts';

/** Tables of one accelerator, or of two with their comparison. */
export function describeSilicon(estimates: readonly SiliconEstimate[]): string {
  const [baseline, own] = estimates;
  return [
    ...estimates.flatMap((estimate) => [...describeOne(estimate), '']),
    ...(baseline === undefined || own === undefined ? [] : describeGains(baseline, own)),
  ].join('\n');
}

function describeOne(estimate: SiliconEstimate): readonly string[] {
  const { name, spec, clockNs, area, paths, meetsClock, energy } = estimate;
  const pathOf = new Map(paths.map((path) => [path.module, path]));
  const whole = pathOf.get(TOP_MODULE);
  const energyOf = new Map(energy.modules.map((module) => [module.module, module]));
  const blocks = area.blocks.map(({ module, instances, cells, registers, areaUm2, sharePercent }) => {
    const fmax = pathOf.get(module)?.fmaxMhz;
    const own = energyOf.get(module)!;
    return [
      module,
      String(instances),
      String(cells),
      String(registers),
      areaUm2.toFixed(0),
      `${sharePercent.toFixed(1)} %`,
      fmax === undefined ? '' : fmax.toFixed(0),
      own.replayed === 0 ? '' : own.totalNj.toFixed(1),
      own.replayed === 0 ? '' : `${((100 * own.totalNj) / energy.acceleratorNj).toFixed(1)} %`,
    ];
  });
  const memories = area.memories.map(({ path, instances, words, wordBits, areaUm2, sharePercent }) => [
    path,
    String(instances),
    `${words} x ${wordBits}`,
    areaUm2.toFixed(0),
    `${sharePercent.toFixed(1)} %`,
  ]);
  const accesses = groupMemories(energy.memories, ({ path }) => path).map((alike) => {
    const sum = (of: (memory: MemoryEnergy) => number): number =>
      alike.reduce((all, memory) => all + of(memory), 0);
    return [
      alike[0]!.path,
      String(alike.length),
      String(sum(({ reads }) => reads)),
      sum(({ writes }) => writes).toFixed(0),
      alike[0]!.accessPj.toFixed(2),
      sum(({ totalNj }) => totalNj).toFixed(1),
    ];
  });
  const layers = energy.layers.map((layer) => [
    layer.layer,
    String(layer.cycles),
    String(layer.windows),
    String(layer.multiplications),
    layer.operationsNj?.toFixed(1) ?? '',
    layer.multiplyNj.toFixed(1),
    layer.elementsNj.toFixed(1),
    layer.logicNj.toFixed(1),
    layer.memoryNj.toFixed(1),
  ]);
  return [
    `${name} on ${spec.rows} x ${spec.columns} elements (${spec.elements}) at ${clockNs} ns`,
    ...alignColumns([
      ['module', 'instances', 'cells', 'registers', 'all um2', 'share', 'fmax MHz', 'nJ/image', 'share'],
      ...blocks,
    ]),
    `${area.cells} cells, ${area.registers} registers, ${area.logicUm2.toFixed(0)} um2 of logic + ${area.memoryUm2.toFixed(0)} um2 of SRAM (assumed) = ${area.totalUm2.toFixed(0)} um2`,
    `longest path from register to register ${whole?.delayNs?.toFixed(3)} ns (${whole?.from} to ${whole?.to}): the clock is ${meetsClock ? '' : 'not '}met`,
    '',
    ...alignColumns([['memory', 'instances', 'words x bits', 'um2', 'share'], ...memories]),
    '',
    ...alignColumns([['memory', 'instances', 'reads', 'writes', 'pJ/access', 'nJ/image'], ...accesses]),
    '',
    ...alignColumns([
      [
        'layer',
        'cycles',
        'windows',
        '#mult',
        '#mult x E nJ',
        'multipliers nJ',
        'elements nJ',
        'logic nJ',
        'SRAM nJ',
      ],
      ...layers,
    ]),
    `${energy.cycles} cycles per image; ${energy.windows} windows, ${energy.cyclesReplayed} instance cycles replayed, ${energy.bitsCompared} output bits equal to the RTL's; sampling error of the logic ${energy.samplingErrorPercent.toFixed(1)} %`,
    `logic ${energy.logicNj.toFixed(1)} nJ + SRAM ${energy.memoryNj.toFixed(1)} nJ = ${energy.acceleratorNj.toFixed(1)} nJ per image, without external memory (${energy.externalBytes} bytes)`,
    ...explainDifference(estimate),
  ];
}

function describeGains(baseline: SiliconEstimate, own: SiliconEstimate): readonly string[] {
  const rows = compareLevels(baseline, own).map(({ level, baselineNj, ownNj, gainPercent }) => [
    level,
    baselineNj.toFixed(1),
    ownNj.toFixed(1),
    `${gainPercent.toFixed(1)} %`,
  ]);
  return alignColumns([['nJ per image', baseline.name, own.name, 'gain'], ...rows]);
}
