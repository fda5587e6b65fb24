import type { Corner, Shift } from './corners.ts';
import { fingersOf, netsOf, type Transistor, VDD, VSS } from './transistors.ts';

/** Temperature that the device card's parameters hold at, °C. */
const NOMINAL_TEMPERATURE_C = 25;

/** Largest time step of a transient, ns. */
export const MAX_STEP_NS = 0.02;
/**
 * ngspice's own tolerances are made for boards: with chgtol = 10 fC it does not see the 1 fC of a gate, and only the
 * largest step limits its error. With these the step follows the waveform: delays are within 0.4 ps, energies within
 * 0.04 fJ of a run at 0.5 ps steps, at a twentieth of the points.
 */
export function transientOptions(corner: Corner): string {
  return `${temperatureOptions(corner)} reltol=1e-3 chgtol=1e-17 trtol=1`;
}

/** Options line that sets the temperature of a run. */
export function temperatureOptions({ temperatureC }: Corner): string {
  return `.options temp=${temperatureC} tnom=${NOMINAL_TEMPERATURE_C}`;
}

/** Drawn channel length and unit transistor widths, µm. */
const LENGTH_UM = 0.05;
const UNIT_WIDTH_UM: Readonly<Record<'n' | 'p', number>> = { n: 0.415, p: 0.63 };
/** Length of a source or drain diffusion along the channel, µm. */
const DIFFUSION_UM = 0.09;
/** Wire inside a cell: per net and per transistor terminal on it, fF. */
const WIRE_NET_FF = 0.03;
const WIRE_TERMINAL_FF = 0.04;

/**
 * BSIM4 (level 54, version 4.0) parameters, SI units; [n, p] where the types differ. Parameters that merely restate a
 * default are kept where the default of another model version is far off (k3, lpe0, etab, pdiblc1, pscbe1, pscbe2).
 * Source: 45 nm figures of the PTM class (predictive technology model); the threshold voltages were calibrated so that
 * an inverter matches a published 45 nm library's drive and leakage. No foundry's transistor.
 */
const MODEL: Readonly<Record<string, Shift>> = {
  toxe: [1.75e-9, 1.85e-9],
  toxp: 1.1e-9,
  toxref: [1.75e-9, 1.85e-9],
  lint: 13.75e-9,
  xj: 14e-9,
  ndep: [3.3e18, 2.54e18],
  vfb: -0.55,
  vth0: [0.466, -0.4158],
  k2: [0.01, -0.01],
  k3: 0,
  dvt0: 1,
  dvt1: 2,
  dsub: 0.1,
  eta0: 0.0049,
  etab: 0,
  lpe0: 0,
  nfactor: 2.1,
  voff: [-0.13, -0.126],
  u0: [0.04145, 0.004298],
  ua: [6e-10, 2e-9],
  ub: [1.2e-18, 5e-19],
  vsat: [1.178e5, 6.965e4],
  rdsw: 155,
  pclm: [0.04, 0.12],
  pdiblc1: 0.001,
  pdiblc2: 0.001,
  pscbe1: 8.14e8,
  pscbe2: [1e-7, 9.58e-7],
  cgso: 1.1e-10,
  cgdo: 1.1e-10,
  cgsl: 2.653e-10,
  cgdl: [1.836e-10, 1.993e-10],
  igcmod: 1,
  aigc: [0.012, 0.69],
  bigc: [0.0028, 0.0012],
  cigc: [0.002, 0.0008],
  aigsd: [0.01298, 0.009229],
  bigsd: [0.0028, 0.0012],
  cigsd: [0.002, 0.0008],
};

/** SPICE text of the two transistor models, `nch` and `pch`, at a corner. */
export function modelCards({ shifts, factors }: Corner): string {
  return (['n', 'p'] as const)
    .map((type, index) => {
      const of = (value: Shift): number => (typeof value === 'number' ? value : value[index]!);
      const parameters = Object.entries(MODEL).map(([name, typical]) => {
        const value = of(typical) * (factors[name] ?? 1) + of(shifts[name] ?? 0);
        return `${name}=${Number(value.toPrecision(12))}`;
      });
      return `.model ${type}ch ${type}mos level=54 version=4.0\n${parameters.map((p) => `+ ${p}`).join('\n')}`;
    })
    .join('\n');
}

/** SPICE subcircuit of a transistor netlist with its diffusions and wires; ports as given, then VDD and VSS. */
export function subcircuit(
  name: string,
  ports: readonly string[],
  transistors: readonly Transistor[],
): string {
  const devices = transistors.map((t, i) => {
    const fingers = fingersOf(t);
    const width = (UNIT_WIDTH_UM[t.type] * t.scale) / fingers;
    const area = DIFFUSION_UM * width;
    const perimeter = 2 * DIFFUSION_UM + width;
    const bulk = t.type === 'n' ? VSS : VDD;
    return [
      `m${i} ${t.drain} ${t.gate} ${t.source} ${bulk} ${t.type}ch w=${micro(width)} l=${micro(LENGTH_UM)} m=${fingers}`,
      `+ ad=${pico(area)} as=${pico(area)} pd=${micro(perimeter)} ps=${micro(perimeter)}`,
    ].join('\n');
  });
  const wires = netsOf(transistors).map((net, i) => {
    const terminals = transistors.reduce(
      (sum, t) => sum + fingersOf(t) * [t.drain, t.gate, t.source].filter((n) => n === net).length,
      0,
    );
    return `c${i} ${net} ${VSS} ${(WIRE_NET_FF + WIRE_TERMINAL_FF * terminals).toFixed(3)}f`;
  });
  return [`.subckt ${name} ${[...ports, VDD, VSS].join(' ')}`, ...devices, ...wires, '.ends'].join('\n');
}

function micro(value: number): string {
  return `${Number(value.toFixed(6))}u`;
}

/** µm² are written as 1e-12 m². */
function pico(value: number): string {
  return `${Number(value.toFixed(6))}p`;
}
