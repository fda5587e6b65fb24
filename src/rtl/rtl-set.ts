import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type ArtifactHeader,
  artifactHeader,
  digestOf,
  readArtifact,
  writeArtifact,
} from '../base/artifact.ts';
import { badInput, show } from '../base/errors.ts';
import { readInputFile, writeFileAtomic } from '../base/files.ts';
import { parseSpec } from '../multiplier/parse-spec.ts';
import { designName, type MultiplierSpec } from '../multiplier/spec.ts';
import type { GeneratedRtl } from './generate.ts';

/** Artifact of the gen-rtl stage: which Verilog file is meant to be which multiplier. */
export interface RtlSet extends ArtifactHeader<'rtl-set'> {
  readonly designs: readonly RtlEntry[];
}

export interface RtlEntry {
  readonly design: string;
  readonly spec: MultiplierSpec;
  /** Name of the Verilog file, in the folder of the artifact. */
  readonly file: string;
}

/** A design with the Verilog that its file holds now (perhaps edited since it was generated). */
export interface LoadedDesign {
  readonly design: string;
  readonly spec: MultiplierSpec;
  readonly verilog: string;
}

const FORMAT_VERSION = 1;

/** Name of the artifact in its folder. */
export const RTL_SET_FILE = 'rtl.json';

/**
 * Writes `<design>.v` and the filelist `<design>.f` for each design, and rtl.json, which keeps the designs that
 * were in the folder before unless `replace`.
 * @returns path of rtl.json
 */
export function writeRtlSet(
  designs: readonly GeneratedRtl[],
  folder: string,
  options: { replace: boolean },
): string {
  const path = join(folder, RTL_SET_FILE);
  const before = !options.replace && existsSync(path) ? readRtlSet(path).designs : [];
  for (const { design, verilog } of designs) {
    writeFileAtomic(join(folder, `${design}.v`), verilog);
    writeFileAtomic(join(folder, `${design}.f`), `${design}.v\n`);
  }
  const entries = designs.map(({ design, spec }): RtlEntry => ({ design, spec, file: `${design}.v` }));
  const kept = before.filter(({ design }) => entries.every((entry) => entry.design !== design));
  const all = [...kept, ...entries];
  writeArtifact(path, {
    ...artifactHeader('rtl-set', FORMAT_VERSION, { specs: digestOf(all) }),
    designs: all,
  } as RtlSet);
  return path;
}

/** Reads rtl.json. @throws bad-input with every fault */
export function readRtlSet(path: string): RtlSet {
  const set = readArtifact<RtlSet>(path, 'rtl-set', FORMAT_VERSION);
  if (!Array.isArray(set.designs) || set.designs.length === 0) {
    throw badInput(
      {
        where: `${path}: designs`,
        wanted: 'a list of at least one design',
        found: show(set.designs ?? null),
      },
      'Make it with gen-rtl.',
    );
  }
  set.designs.forEach((entry, index) => {
    const where = `${path}: designs[${index}]`;
    const spec = parseSpec(entry?.spec, `${where}.spec`);
    if (entry.design !== designName(spec) || typeof entry.file !== 'string') {
      throw badInput(
        {
          where,
          wanted: `design "${designName(spec)}" with a file name`,
          found: show([entry.design, entry.file]),
        },
        'Make it with gen-rtl.',
      );
    }
  });
  return set;
}

/** Designs of an rtl.json with the present contents of their Verilog files. @throws bad-input */
export function loadDesigns(path: string): readonly LoadedDesign[] {
  return readRtlSet(path).designs.map(({ design, spec, file }) => ({
    design,
    spec,
    verilog: readInputFile(join(dirname(path), file), `Verilog of ${design}`).toString('utf8'),
  }));
}

/** The named designs of an rtl.json, all without names. @throws bad-input when a name is not in it */
export function selectDesigns(path: string, names: readonly string[]): readonly LoadedDesign[] {
  const all = loadDesigns(path);
  const unknown = names.filter((name) => all.every(({ design }) => design !== name));
  if (unknown.length > 0) {
    const wanted = `one of ${all.map(({ design }) => design).join(', ')}`;
    throw badInput(
      unknown.map((name) => ({ where: path, wanted, found: show(name) })),
      'Make it with gen-rtl first.',
    );
  }
  return names.length === 0 ? all : all.filter(({ design }) => names.includes(design));
}
