/** Names of the embedded library's corners, as `--liberty` takes them. */
export type CornerName = 'typ' | 'slow' | 'fast';

/** Change of a transistor parameter against the typical card; [n, p] where the types differ. */
export type Shift = number | readonly [n: number, p: number];

/** Process, voltage and temperature that a library is characterised at. */
export interface Corner {
  readonly name: CornerName;
  /** File under synth/. */
  readonly file: string;
  /** Liberty operating condition, also in words for the head of the file. */
  readonly condition: 'typical' | 'slow' | 'fast';
  readonly supplyV: number;
  /** Junction temperature. */
  readonly temperatureC: number;
  /** Added to parameters of the device card, SI units. */
  readonly shifts: Readonly<Record<string, Shift>>;
  /** Parameters of the device card that are multiplied. */
  readonly factors: Readonly<Record<string, number>>;
  /** The times that scans for setup, hold and pulse widths cover are this many times those of the typical corner. */
  readonly slowdown: number;
}

/**
 * One global process spread, of both types together, in both directions: threshold 35 mV, gate length 2 nm (1 nm per
 * side), oxide 4 %, mobility 5 %, series resistance 10 %. These are the parameters that the PTM itself takes as the
 * primary ones; the sizes are of the order of a 3σ spread between dies at 45 nm and were chosen, not measured: this
 * is nobody's sign-off corner. The gate tunnelling reference `toxref` stays, so that a thicker oxide leaks less.
 * Source of the choice of parameters: W. Zhao, Y. Cao, "New Generation of Predictive Technology Model for Sub-45 nm
 * Early Design Exploration", IEEE Trans. Electron Devices 53 (2006).
 */
function spread(direction: 1 | -1): Pick<Corner, 'shifts' | 'factors'> {
  const oxide = 0.07e-9 * direction;
  return {
    shifts: {
      vth0: [0.035 * direction, -0.035 * direction],
      lint: -1e-9 * direction,
      toxe: oxide,
      toxp: oxide,
    },
    factors: { u0: 1 - 0.05 * direction, rdsw: 1 + 0.1 * direction },
  };
}

/** The embedded library's corners: data only, so that anything may import it. */
export const LIBRARY_CORNERS: Readonly<Record<CornerName, Corner>> = {
  typ: {
    name: 'typ',
    file: 'maxdnn45_typ.lib',
    condition: 'typical',
    supplyV: 1.1,
    temperatureC: 25,
    shifts: {},
    factors: {},
    slowdown: 1,
  },
  slow: {
    name: 'slow',
    file: 'maxdnn45_slow.lib',
    condition: 'slow',
    supplyV: 0.95,
    temperatureC: 125,
    ...spread(1),
    slowdown: 1.5,
  },
  fast: {
    name: 'fast',
    file: 'maxdnn45_fast.lib',
    condition: 'fast',
    supplyV: 1.25,
    temperatureC: 0,
    ...spread(-1),
    slowdown: 1,
  },
};

/** In the order in which they are shown. */
export const CORNER_NAMES: readonly CornerName[] = ['typ', 'slow', 'fast'];
