import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ArtifactHeader, artifactHeader, readArtifact, writeArtifact } from '../base/artifact.ts';
import { badInput, show } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { type ErrorMetrics, errorMetrics } from '../multiplier/error-metrics.ts';
import { parseSpec } from '../multiplier/parse-spec.ts';
import type { TableSpec } from '../multiplier/spec.ts';
import { codesOf, tableBytes } from '../multiplier/table-registry.ts';
import { loadTruthTable } from '../multiplier/truth-table.ts';

/** Where a multiplier from outside came from. */
export interface MultiplierSource {
  readonly kind: 'truth-table' | 'c-model';
  /** Name of the file, without its folder. */
  readonly file: string;
  /** SHA-256 of that file. */
  readonly sha256: string;
  /** C models: the function that was tabulated. */
  readonly function?: string;
  /** Error figures as printed in the head of the file, by EvoApproxLib's names. */
  readonly published?: Readonly<Record<string, string>>;
}

/** Artifact of add-multiplier, `<name>.json`; the products lie beside it in `<name>.bin`. */
export interface OutsideMultiplier extends ArtifactHeader<'outside-multiplier'> {
  readonly spec: TableSpec;
  readonly source: MultiplierSource;
  readonly metrics: ErrorMetrics;
}

const FORMAT_VERSION = 1;

/**
 * Puts a multiplier from outside into the store of a work folder.
 * @param tools versions of the programs that took part
 * @throws bad-input when the store has another multiplier of this name, unless `replace`
 */
export function storeMultiplier(
  folder: string,
  spec: TableSpec,
  source: MultiplierSource,
  options: { readonly replace: boolean; readonly tools?: Readonly<Record<string, string>> },
): OutsideMultiplier {
  const path = join(folder, `${spec.name}.json`);
  if (!options.replace && existsSync(path)) {
    const { spec: before } = readArtifact<OutsideMultiplier>(path, 'outside-multiplier', FORMAT_VERSION);
    if (before.sha256 !== spec.sha256 || before.operands !== spec.operands) {
      throw badInput(
        {
          where: path,
          wanted: `no other multiplier named ${spec.name}`,
          found: `one with ${before.operands} operands, sha256 ${before.sha256.slice(0, 12)}…`,
        },
        'Give the new one another name (--name), or say --replace.',
      );
    }
  }
  const multiplier: OutsideMultiplier = {
    ...artifactHeader('outside-multiplier', FORMAT_VERSION, { [source.kind]: source.sha256 }, options.tools),
    spec,
    source,
    metrics: errorMetrics(spec),
  };
  writeFileAtomic(join(folder, `${spec.name}.bin`), tableBytes(codesOf(spec)));
  writeArtifact(path, multiplier);
  return multiplier;
}

/**
 * All multipliers of a store, by name, their truth tables loaded; none where there is no store.
 * @throws bad-input when a file of the store is damaged
 */
export function loadStore(folder: string): readonly OutsideMultiplier[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => loadStored(join(folder, file)));
}

function loadStored(path: string): OutsideMultiplier {
  const multiplier = readArtifact<OutsideMultiplier>(path, 'outside-multiplier', FORMAT_VERSION);
  const spec = parseSpec(multiplier.spec, `${path}: spec`);
  const hint = 'Add the multiplier again with maxdnn add-multiplier --replace.';
  if (spec.family !== 'table') {
    throw badInput({ where: `${path}: spec: family`, wanted: '"table"', found: show(spec.family) }, hint);
  }
  const tablePath = path.replace(/\.json$/, '.bin');
  const options = { name: spec.name, signed: spec.operands === 'signed' };
  const found = loadTruthTable(tablePath, options);
  if (found.sha256 !== spec.sha256) {
    throw badInput(
      {
        where: tablePath,
        wanted: `the table with sha256 ${spec.sha256.slice(0, 12)}…`,
        found: `sha256 ${found.sha256.slice(0, 12)}…`,
      },
      hint,
    );
  }
  return { ...multiplier, spec };
}
