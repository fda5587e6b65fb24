/** Supply and ground nets of every cell. */
export const VDD = 'VDD';
export const VSS = 'VSS';

/** One MOS transistor; drain and source are interchangeable. */
export interface Transistor {
  readonly type: 'n' | 'p';
  readonly drain: string;
  readonly gate: string;
  readonly source: string;
  /** Drive relative to the unit inverter's transistor of the same type (1 = W of the unit inverter). */
  readonly scale: number;
}

/** Series/parallel network of transistors, written as the condition under which it conducts (n) or its dual (p). */
export type Network = string | { readonly kind: 'series' | 'parallel'; readonly parts: readonly Network[] };

/** Networks one after the other; the first is next to the output. */
export function series(...parts: readonly Network[]): Network {
  return { kind: 'series', parts };
}

/** Networks side by side. */
export function parallel(...parts: readonly Network[]): Network {
  return { kind: 'parallel', parts };
}

/** The complementary network: series and parallel exchanged. */
export function dual(network: Network): Network {
  if (typeof network === 'string') return network;
  return { kind: network.kind === 'series' ? 'parallel' : 'series', parts: network.parts.map(dual) };
}

/**
 * One static CMOS stage: `pullDown` between `out` and VSS, its dual (or `pullUp` where that is drawn otherwise, as in
 * the mirror adder) between VDD and `out`. All transistors have the same scale, as in the published 45 nm cells.
 */
export function stage(
  out: string,
  pullDown: Network,
  scale: number,
  pullUp: Network = dual(pullDown),
): Transistor[] {
  return [
    ...expand('n', pullDown, out, VSS, scale, `${out}_n`),
    ...expand('p', pullUp, out, VDD, scale, `${out}_p`),
  ];
}

/** Inverter from net `input` to net `out`. */
export function inverter(input: string, out: string, scale: number): Transistor[] {
  return stage(out, input, scale);
}

/** Transmission gate between `a` and `b` that conducts while `on` is 1 and `onBar` is 0. */
export function transmissionGate(
  a: string,
  b: string,
  on: string,
  onBar: string,
  scale: number,
): Transistor[] {
  return [
    { type: 'n', drain: a, gate: on, source: b, scale },
    { type: 'p', drain: a, gate: onBar, source: b, scale },
  ];
}

/** Number of fingers a transistor is drawn with: one up to unit width. */
export function fingersOf(transistor: Transistor): number {
  return Math.max(1, Math.ceil(transistor.scale));
}

/** Nets that occur in the netlist, without the rails, in order of first use. */
export function netsOf(transistors: readonly Transistor[]): string[] {
  const nets = new Set<string>();
  for (const t of transistors) for (const net of [t.drain, t.gate, t.source]) nets.add(net);
  nets.delete(VDD);
  nets.delete(VSS);
  return [...nets];
}

function expand(
  type: 'n' | 'p',
  network: Network,
  from: string,
  to: string,
  scale: number,
  prefix: string,
): Transistor[] {
  if (typeof network === 'string') return [{ type, drain: from, gate: network, source: to, scale }];
  if (network.kind === 'parallel') {
    return network.parts.flatMap((part, i) => expand(type, part, from, to, scale, `${prefix}${i}`));
  }
  const last = network.parts.length - 1;
  return network.parts.flatMap((part, i) =>
    expand(
      type,
      part,
      i === 0 ? from : `${prefix}_${i}`,
      i === last ? to : `${prefix}_${i + 1}`,
      scale,
      `${prefix}_${i}x`,
    ),
  );
}
