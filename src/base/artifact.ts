import { existsSync } from 'node:fs';
import { badInput, show } from './errors.ts';
import { readInputFile, sha256, writeFileAtomic } from './files.ts';
import { MAXDNN_VERSION } from './package-root.ts';

/** What every artifact that passes between stages starts with. */
export interface ArtifactHeader<K extends string = string> {
  /** What it is, e.g. "energy-table". */
  readonly kind: K;
  readonly formatVersion: number;
  readonly maxdnnVersion: string;
  /** SHA-256 of each thing the content was made from; equal inputs mean the work can be skipped. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Versions of the external tools that took part, e.g. { yosys: "0.23" }. */
  readonly tools: Readonly<Record<string, string>>;
}

/** Header for a new artifact made by this version of the toolkit. */
export function artifactHeader<K extends string>(
  kind: K,
  formatVersion: number,
  inputs: Readonly<Record<string, string>>,
  tools: Readonly<Record<string, string>> = {},
): ArtifactHeader<K> {
  return { kind, formatVersion, maxdnnVersion: MAXDNN_VERSION, inputs, tools };
}

/** Writes an artifact as indented JSON, whole or not at all. */
export function writeArtifact(path: string, artifact: ArtifactHeader): void {
  writeFileAtomic(path, `${JSON.stringify(artifact, null, 1)}\n`);
}

/**
 * Reads an artifact that an earlier stage (or the user) wrote.
 * @param formatVersion the version, or those, that can be read
 * @throws bad-input when the file is missing, empty, not JSON, of another kind or of another format version
 */
export function readArtifact<A extends ArtifactHeader>(
  path: string,
  kind: A['kind'],
  formatVersion: number | readonly number[],
): A {
  const versions = [formatVersion].flat();
  const text = readInputFile(path, `an artifact of kind "${kind}"`).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badInput(
      { where: path, wanted: `JSON of kind "${kind}"`, found: `no valid JSON (${(error as Error).message})` },
      'The file is damaged or cut off: remove it and run the stage that makes it again.',
      error,
    );
  }
  const header = (typeof value === 'object' && value !== null ? value : {}) as Partial<ArtifactHeader>;
  if (header.kind !== kind) {
    throw badInput(
      { where: path, wanted: `an artifact of kind "${kind}"`, found: `kind ${show(header.kind ?? null)}` },
      'Give the file that the named stage wrote.',
    );
  }
  if (!versions.includes(header.formatVersion as number)) {
    throw badInput(
      {
        where: path,
        wanted: `format version ${versions.join(' or ')} of "${kind}"`,
        found: `format version ${show(header.formatVersion ?? null)}`,
      },
      'It was written by another version of maxdnn: run the stage that makes it again.',
    );
  }
  return value as A;
}

/**
 * The artifact at `path` if it was made from exactly `inputs` by this toolkit version; undefined otherwise
 * (missing, damaged or made from something else: the work has to be done again).
 */
export function reusableArtifact<A extends ArtifactHeader>(
  path: string,
  kind: A['kind'],
  formatVersion: number,
  inputs: Readonly<Record<string, string>>,
): A | undefined {
  if (!existsSync(path)) return undefined;
  let artifact: A;
  try {
    artifact = readArtifact<A>(path, kind, formatVersion);
  } catch {
    return undefined;
  }
  const same = artifact.maxdnnVersion === MAXDNN_VERSION && digestOf(artifact.inputs) === digestOf(inputs);
  return same ? artifact : undefined;
}

/** SHA-256 of a plain value, independent of the order of its keys. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}

/** JSON with sorted keys and no white space. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}
