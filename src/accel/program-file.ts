import { dirname, join } from 'node:path';
import {
  type ArtifactHeader,
  artifactHeader,
  canonicalJson,
  readArtifact,
  writeArtifact,
} from '../base/artifact.ts';
import { badInput } from '../base/errors.ts';
import { readInputFile, sha256, writeFileAtomic } from '../base/files.ts';
import { DESCRIPTOR_BYTES, decodeDescriptor } from './encode-descriptor.ts';
import { parseArraySpec } from './parse-array-spec.ts';
import type { AcceleratorProgram } from './program.ts';

export const PROGRAM_FORMAT_VERSION = 1;

/** Content of program.json: the program without its image, which is program.bin beside it. */
export interface ProgramFile
  extends ArtifactHeader<'accelerator-program'>,
    Omit<AcceleratorProgram, 'image'> {
  readonly image: { readonly file: string; readonly bytes: number; readonly sha256: string };
}

const IMAGE_FILE = 'program.bin';

/**
 * Writes program.json and program.bin to a folder, each whole or not at all.
 * @param inputs SHA-256 of what the program was made from besides network and assignment
 * @returns the path of program.json
 */
export function writeProgram(
  folder: string,
  program: AcceleratorProgram,
  inputs: Readonly<Record<string, string>> = {},
): string {
  const { image, ...content } = program;
  const path = join(folder, 'program.json');
  const made = { network: program.network.sha256, assignment: program.assignmentSha256, ...inputs };
  const file: ProgramFile = {
    ...artifactHeader('accelerator-program', PROGRAM_FORMAT_VERSION, made),
    ...content,
    image: { file: IMAGE_FILE, bytes: image.length, sha256: sha256(image) },
  };
  writeFileAtomic(join(folder, IMAGE_FILE), image);
  writeArtifact(path, file);
  return path;
}

/**
 * Reads a program and checks that image and description belong together.
 * @param path of program.json
 * @throws bad-input when a file is missing or damaged, or a descriptor of the image is not the one that is described
 */
export function readProgram(path: string): AcceleratorProgram {
  const file = readArtifact<ProgramFile>(path, 'accelerator-program', PROGRAM_FORMAT_VERSION);
  const { kind, formatVersion, maxdnnVersion, inputs, tools, image: said, ...content } = file;
  const spec = parseArraySpec(content.spec, `${path}: spec`);
  const imagePath = join(dirname(path), IMAGE_FILE);
  const image = Uint8Array.from(readInputFile(imagePath, 'the memory image of a program'));
  const digest = sha256(image);
  if (said?.sha256 !== digest) {
    throw badInput(
      { where: imagePath, wanted: `sha256 ${said?.sha256?.slice(0, 12)}…`, found: `${digest.slice(0, 12)}…` },
      'The two files of a program belong together: compile it again.',
    );
  }
  for (const [number, { compute, transfers }] of content.descriptors.entries()) {
    const bytes = image.subarray(number * DESCRIPTOR_BYTES, (number + 1) * DESCRIPTOR_BYTES);
    const where = `${path}: descriptors[${number}]`;
    const isSame =
      bytes.length === DESCRIPTOR_BYTES &&
      canonicalJson(decodeDescriptor(bytes, where)) === canonicalJson({ compute, transfers });
    if (isSame) continue;
    throw badInput(
      { where, wanted: `the descriptor of ${imagePath}`, found: 'another one' },
      'The file was edited: compile the program again.',
    );
  }
  return { ...content, spec, image };
}
