import { canonicalJson } from '../base/artifact.ts';
import { badInput, type Fault } from '../base/errors.ts';
import { sha256 } from '../base/files.ts';
import { MAXDNN_VERSION } from '../base/package-root.ts';
import { designName, droppedBits, type MultiplierSpec, portShape } from '../multiplier/spec.ts';
import { render, type View } from './render.ts';

/**
 * A weight-stationary processing element: psum_o ← psum_i + weight · activation, one per cycle.
 *
 *                      weight_i        psum_i
 *                         │              │
 *                    ┌────▼────┐         │
 *                    │ weight  │         │
 *                    └────┬────┘         │
 *     activation_i ┌──────┼─────┐   ┌────▼────┐
 *     ───►[ act ]──┴─►  × │     ├──►│    +    │      the multiplier (×) is a module of its own,
 *              │   └────────────┘   └────┬────┘      the rest is the shell
 *              ▼                    ┌────▼────┐
 *         activation_o              │  psum   │
 *                                   └────┬────┘
 *                                      psum_o
 */
export interface MacSpec {
  readonly multiplier: MultiplierSpec;
  /** Port of the multiplier that the weight sits on; the activation sits on the other one. */
  readonly weightPort: 'a' | 'b';
  /** Width of the partial sum, at most 32; it wraps around beyond, so it must hold the largest sum. */
  readonly accumulatorBits: number;
}

/** All that the shell around the multiplier depends on; elements with the same have the same shell. */
export interface MacShell {
  readonly weightBits: number;
  readonly activationBits: number;
  readonly productBits: number;
  readonly isProductSigned: boolean;
  /** Bits that a narrow multiplier drops of both operands: its product counts this power of two. */
  readonly productShift: number;
  readonly accumulatorBits: number;
}

/** A processing element as Verilog-2005; the module of the multiplier comes from generateRtl. */
export interface GeneratedMac {
  readonly spec: MacSpec;
  readonly shell: MacShell;
  /** Name of the whole element, which instantiates the shell and the multiplier. */
  readonly name: string;
  readonly shellName: string;
  readonly verilog: string;
  readonly shellVerilog: string;
  readonly shellSha256: string;
}

/** Holds every sum of the reference network (docs/accelerator-energy.md). */
export const DEFAULT_ACCUMULATOR_BITS = 24;

/** The shell that a processing element needs. @throws bad-input when the partial sum cannot hold a product */
export function macShell(spec: MacSpec): MacShell {
  const { multiplier, weightPort, accumulatorBits } = spec;
  const { aBits, bBits, pBits, aSigned, bSigned } = portShape(multiplier);
  const dropped =
    multiplier.family === 'narrow' ? droppedBits(multiplier, 'a') + droppedBits(multiplier, 'b') : 0;
  const faults: Fault[] = [];
  const least = pBits + dropped;
  if (!Number.isInteger(accumulatorBits) || accumulatorBits < least || accumulatorBits > 32) {
    const wanted = least > 32 ? 'a product of at most 32 bits' : `accumulator bits ${least} … 32`;
    const found = least > 32 ? `${least} bits` : String(accumulatorBits);
    faults.push({ where: `processing element with ${designName(multiplier)}`, wanted, found });
  }
  if (faults.length > 0) throw badInput(faults, 'The partial sum has to hold at least one product.');
  return {
    weightBits: weightPort === 'a' ? aBits : bBits,
    activationBits: weightPort === 'a' ? bBits : aBits,
    productBits: pBits,
    isProductSigned: aSigned || bSigned,
    productShift: dropped,
    accumulatorBits,
  };
}

/** Name of the element's module, e.g. mac_roup_s8_p2_r4_weight_b_acc24. */
export function macName({ multiplier, weightPort, accumulatorBits }: MacSpec): string {
  return `mac_${designName(multiplier).replace(/^mul_/, '')}_weight_${weightPort}_acc${accumulatorBits}`;
}

/** Name of the shell's module, e.g. mac_shell_w8_x8_s16_acc24: widths of weight, activation, product and sum. */
function macShellName(shell: MacShell): string {
  const { weightBits, activationBits, productBits, isProductSigned, productShift, accumulatorBits } = shell;
  const product = `${isProductSigned ? 's' : 'u'}${productBits}${productShift > 0 ? `_shl${productShift}` : ''}`;
  return `mac_shell_w${weightBits}_x${activationBits}_${product}_acc${accumulatorBits}`;
}

/** Verilog of a processing element; the same spec gives the same bytes. @throws bad-input as macShell */
export function generateMac(spec: MacSpec): GeneratedMac {
  const shell = macShell(spec);
  const name = macName(spec);
  const shellName = macShellName(shell);
  const shellVerilog = render('mac-shell.v', shellView(shell, shellName));
  const verilog = render('mac.v', macView(spec, shell, name, shellName));
  return { spec, shell, name, shellName, verilog, shellVerilog, shellSha256: sha256(shellVerilog) };
}

/** Constant in the last slot of a bank; sim/mac_driver.cpp looks for it. */
const GUARD = '6d6178646e6e0002';

/** Verilog of the cosimulation bank (module `mac_bank`): element k drives slot k, bits 64k … 64k+63 of q_o. */
export function renderMacBank(macs: readonly Pick<GeneratedMac, 'name' | 'shell'>[]): string {
  const slots = macs.map(({ name, shell }, index) => ({
    index,
    module: name,
    ...tops(shell),
    slot: [
      ...zeros(32 - shell.activationBits),
      `activation_${index}`,
      ...zeros(32 - shell.accumulatorBits),
      `psum_${index}`,
    ],
    low: 64 * index,
    high: 64 * index + 63,
  }));
  const guardLow = 64 * slots.length;
  return render('mac-bank.v', { slots, slotsTop: guardLow + 63, guardLow, guard: GUARD });
}

function shellView(shell: MacShell, name: string): View {
  const { weightBits, activationBits, accumulatorBits } = shell;
  const header = [
    ` ${name}: generated by maxdnn ${MAXDNN_VERSION}, do not edit`,
    ' Processing element of a weight-stationary array without its multiplier: weight register, activation register,',
    ' adder and partial-sum register.',
    ` Shell:   ${canonicalJson(shell)}`,
    ' Timing:  psum_o holds psum_i + product_i of the cycle before; nothing is gated but by en_i and weight_load_i',
  ];
  return {
    header,
    name,
    ...tops(shell),
    weightBits,
    activationBits,
    psumBits: accumulatorBits,
    product: extendedProduct(shell),
  };
}

function macView(
  { multiplier, weightPort }: MacSpec,
  shell: MacShell,
  name: string,
  shellName: string,
): View {
  const header = [
    ` ${name}: generated by maxdnn ${MAXDNN_VERSION}, do not edit`,
    ` Weight-stationary processing element; the weight sits on port ${weightPort} of the multiplier.`,
    ` Multiplier: ${canonicalJson(multiplier)}`,
    ` Needs:      ${shellName}.v, ${designName(multiplier)}.v`,
  ];
  const [a, b] = weightPort === 'a' ? ['weight', 'activation_o'] : ['activation_o', 'weight'];
  return { header, name, ...tops(shell), shell: shellName, multiplier: designName(multiplier), a, b };
}

function tops({ weightBits, activationBits, productBits, accumulatorBits }: MacShell) {
  return {
    weightTop: weightBits - 1,
    activationTop: activationBits - 1,
    productTop: productBits - 1,
    psumTop: accumulatorBits - 1,
  };
}

/** The product in the width of the sum: sign (or zero) extended, shifted back by what its operands dropped. */
function extendedProduct(shell: MacShell): readonly string[] {
  const { productBits, isProductSigned, productShift, accumulatorBits } = shell;
  const missing = accumulatorBits - productBits - productShift;
  const sign = isProductSigned ? `{${missing}{product_i[${productBits - 1}]}}` : `${missing}'b0`;
  return [...(missing > 0 ? [sign] : []), 'product_i', ...zeros(productShift)];
}

function zeros(count: number): readonly string[] {
  return count > 0 ? [`${count}'b0`] : [];
}
