import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type ArtifactHeader,
  artifactHeader,
  digestOf,
  reusableArtifact,
  writeArtifact,
} from '../base/artifact.ts';
import { badInput } from '../base/errors.ts';
import { sha256, writeFileAtomic } from '../base/files.ts';
import { shippedFile } from '../base/package-root.ts';
import { designName, type MultiplierSpec, portShape } from '../multiplier/spec.ts';
import { toolVersions } from '../tools/detect-tools.ts';
import { runYosys } from '../tools/yosys.ts';
import { type EquivalenceProof, proveBlifEqual } from './cec.ts';
import type { DesignUnderTest } from './cosim.ts';

/** Artifact of a proof that a design's Verilog computes what its spec defines. */
export interface RtlProof extends ArtifactHeader<'rtl-proof'> {
  readonly design: string;
  readonly spec: MultiplierSpec;
  readonly rtlSha256: string;
  /** Hand-written module that it was compared with. */
  readonly reference: string;
  readonly proof: EquivalenceProof;
}

const FORMAT_VERSION = 1;
const RTL_BLIF = 'rtl.blif';
const REFERENCE_BLIF = 'reference.blif';

/**
 * Proves for all operands that a design's Verilog equals the hand-written, behavioural reference of its family
 * (rtl/roup_reference.v, rtl/exact_reference.v). Practical up to 8-bit operands; wider multipliers end undecided.
 * @param runFolder keeps scripts, circuits and proof.json, which is reused when nothing has changed
 * @throws mismatch with operands that show the difference; tool-failed when undecided within the time limit
 */
export async function proveRtl(
  subject: DesignUnderTest,
  runFolder: string,
  timeLimitS: number,
): Promise<{ readonly proof: RtlProof; readonly reused: boolean }> {
  const { design, spec, verilog } = subject;
  const folder = resolve(runFolder);
  const { module, parameters } = referenceOf(spec);
  const reference = readFileSync(shippedFile('rtl', `${module}.v`), 'utf8');
  const tools = await toolVersions(['yosys', 'abc']);
  const inputs = {
    design: digestOf([design, spec]),
    rtl: sha256(verilog),
    reference: sha256(reference),
    tools: digestOf(tools),
  };
  const path = join(folder, 'proof.json');
  const stored = reusableArtifact<RtlProof>(path, 'rtl-proof', FORMAT_VERSION, inputs);
  if (stored !== undefined) return { proof: stored, reused: true };

  writeFileAtomic(join(folder, 'rtl.v'), verilog);
  writeFileAtomic(join(folder, 'reference.v'), reference);
  const set = Object.entries(parameters).map(([name, value]) => `-set ${name} ${value}`);
  await runYosys({
    commands: [
      ...circuitOf('rtl.v', design, [], RTL_BLIF),
      'design -reset',
      ...circuitOf('reference.v', module, [`chparam ${set.join(' ')} ${module}`], REFERENCE_BLIF),
    ],
    cwd: folder,
    name: 'circuits',
    timeoutMs: 120_000,
  });
  const proof: RtlProof = {
    ...artifactHeader('rtl-proof', FORMAT_VERSION, inputs, tools),
    design,
    spec,
    rtlSha256: inputs.rtl,
    reference: module,
    proof: await proveBlifEqual({
      subject: `Verilog of ${design}`,
      reference: `the definition (${module})`,
      subjectBlif: RTL_BLIF,
      referenceBlif: REFERENCE_BLIF,
      runFolder: folder,
      timeLimitS,
    }),
  };
  writeArtifact(path, proof);
  return { proof, reused: false };
}

/** Yosys commands from one Verilog file to an and-inverter circuit in BLIF. */
function circuitOf(
  file: string,
  module: string,
  parameters: readonly string[],
  blif: string,
): readonly string[] {
  return [
    `read_verilog ${file}`,
    ...parameters,
    `prep -top ${module}`,
    'techmap',
    'opt',
    'aigmap',
    'opt_clean',
    `write_blif ${blif}`,
  ];
}

/** The hand-written module that defines a family, and its parameters for a spec. */
function referenceOf(spec: MultiplierSpec): {
  readonly module: string;
  readonly parameters: Readonly<Record<string, string | number>>;
} {
  switch (spec.family) {
    case 'roup': {
      const rows = [...new Array<number>(spec.P).fill(0), ...spec.r];
      const rounding = rows.map((r) => r.toString(2).padStart(5, '0')).toReversed();
      const parameters = {
        Bits: spec.bits,
        Perforation: spec.P,
        Rounding: `${5 * rows.length}'b${rounding.join('')}`,
      };
      return { module: 'roup_reference', parameters };
    }
    case 'narrow':
    case 'booth':
    case 'baugh-wooley':
    case 'behavioural': {
      const { aBits, bBits, aSigned, bSigned } = portShape(spec);
      const parameters = { ABits: aBits, BBits: bBits, ASigned: Number(aSigned), BSigned: Number(bSigned) };
      return { module: 'exact_reference', parameters };
    }
    case 'table':
      throw badInput(
        {
          where: designName(spec),
          wanted: 'a family with a hand-written definition',
          found: 'a truth table',
        },
        'There is no RTL of a truth table to prove anything about.',
      );
  }
}
