/** Maps figures to 0 … 1 along an axis. */
export interface Scale {
  /** 0 at the start of the axis, 1 at its end. */
  readonly position: (value: number) => number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
  /** Said beside the axis title when the axis is not linear. */
  readonly remark: string;
}

/**
 * Linear axis that spans the values with a little room; starts at 0 when the values come near it.
 * @param steps steps between ticks at most
 */
export function linearScale(values: readonly number[], steps = 9): Scale {
  const largest = Math.max(...values);
  const smallest = Math.min(...values);
  const from = smallest >= 0 && smallest < largest * 0.6 ? 0 : smallest - (largest - smallest || 1) * 0.08;
  const to = largest + (largest - from || 1) * 0.08;
  const step = niceStep((to - from) / steps);
  const ticks: number[] = [];
  for (let k = Math.ceil(from / step - 1e-9); k * step <= to; k++) ticks.push(k * step);
  const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return {
    position: (value) => (value - from) / (to - from),
    ticks: ticks.map((value) => ({ value, label: minus(value.toFixed(places)) })),
    remark: '',
  };
}

/**
 * Axis for changes around 0 of which few are far off: log(1 + |value| / 0.2), so that small changes keep room;
 * plain linear when all values lie within ±5.
 */
export function changeScale(values: readonly number[]): Scale {
  if (Math.max(...values.map(Math.abs)) <= 5) return linearScale([...values, 0]);
  const from = squeeze(Math.min(0, ...values));
  const to = squeeze(Math.max(0, ...values));
  const room = (to - from) * 0.07;
  const position = (value: number): number => (squeeze(value) - from + room) / (to - from + 2 * room);
  const ticks = [-50, -20, -10, -5, -2, -1, -0.5, -0.2, 0, 0.2, 0.5, 1, 2, 5, 10, 20, 50].filter(
    (value) => position(value) >= 0 && position(value) <= 1,
  );
  return {
    position,
    ticks: ticks.map((value) => ({ value, label: value > 0 ? `+${value}` : minus(String(value)) })),
    remark: 'logarithmic away from 0',
  };
}

/** Logarithmic axis for errors, with an own place for 0 below the smallest decade. */
export function errorScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  if (positive.length === 0) return linearScale([0, 1]);
  const low = Math.log10(Math.min(...positive));
  const high = Math.log10(Math.max(...positive));
  const first = Math.floor(low * 1.0001);
  const last = high + Math.max(0.15, (high - first) * 0.08);
  const zero = 0.06;
  const start = values.length > positive.length ? 0.17 : 0.02;
  const position = (value: number): number =>
    value <= 0 ? zero : start + ((Math.log10(value) - first) / (last - first)) * (1 - start);
  const ticks: { value: number; label: string }[] = [];
  for (let decade = first; decade <= last; decade++) {
    for (const factor of last - first > 4 ? [1] : [1, 2, 5]) {
      const value = factor * 10 ** decade;
      if (position(value) <= 1) ticks.push({ value, label: value.toFixed(Math.max(0, -decade)) });
    }
  }
  if (start > zero) ticks.unshift({ value: 0, label: '0' });
  return { position, ticks, remark: 'logarithmic, 0 apart' };
}

/** Symmetric logarithm that is near linear within ±0.2. */
function squeeze(value: number): number {
  return Math.sign(value) * Math.log2(1 + Math.abs(value) / 0.2);
}

/** 1, 2 or 5 times a power of ten, at least `raw`. */
function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  return ([1, 2, 5].find((factor) => factor * power >= raw * 0.999) ?? 10) * power;
}

function minus(text: string): string {
  return /[1-9]/.test(text) ? text.replace('-', '−') : text.replace('-', '');
}
