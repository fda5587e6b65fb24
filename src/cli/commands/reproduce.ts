import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { writeArtifact } from '../../base/artifact.ts';
import { badInput } from '../../base/errors.ts';
import { nearestWord } from '../../base/nearest.ts';
import { writeReproduction, writeReproductionPage } from '../../report/write-reproduction.ts';
import { reproduceParts } from '../../reproduce/reproduce-parts.ts';
import { PART_NAMES, type PartName } from '../../reproduce/reproduction.ts';
import { firstImages } from '../../reproduce/scorer.ts';
import { readEnergyTable } from '../../synth/energy-table.ts';
import type { Command, CommandArguments } from '../command.ts';
import { inputOption, integerOption, textOption, WORK_OPTION } from '../options.ts';
import { openReproduction } from '../reproduce-setup.ts';
import { workspaceOf } from '../workspace.ts';

/** Training images that batch norms are recalibrated on. */
const RECALIBRATION_IMAGES = 256;

/** Everything, on one page. */
const ALL = 'all';

const DATA_HINT = 'It has models/, cifar10/ and evoapprox/: name it with --data DIR, or set MAXDNN_DATA.';

export const reproduce: Command = {
  name: 'reproduce',
  summary: 'figures and tables of MAx-DNN and ALWANN, measured again beside what they print',
  positionals: [...PART_NAMES, ALL].join('|'),
  options: {
    work: WORK_OPTION,
    data: {
      type: 'string',
      value: 'DIR',
      describe: 'folder with models/, cifar10/ and evoapprox/ (default: the environment’s MAXDNN_DATA)',
    },
    table: inputOption('energy table', 'table/energy-table.json if it is there'),
    images: { type: 'string', value: 'N', describe: 'first N test images (default: all of the file)' },
    workers: {
      type: 'string',
      value: 'N',
      describe: 'threads for the static network, 0: none besides the main one (default: one per core)',
    },
    out: {
      type: 'string',
      value: 'FILE',
      describe: `with "${ALL}": where the page goes (default: reproduce/reproduction.md in the work folder)`,
    },
  },
  examples: [
    ['maxdnn reproduce fig3a --data DATA', 'Fig. 3a: page, CSV, picture and artifact in out/reproduce'],
    ['maxdnn reproduce all --data DATA --work w --out docs/reproduction.md', 'all of them on one page too'],
  ],
  run: async (args, { onProgress }) => {
    const names = partsWanted(args);
    const out = textOption(args, 'out');
    if (out !== undefined && names.length < PART_NAMES.length) {
      throw badInput(
        { where: '--out', wanted: `maxdnn reproduce ${ALL}`, found: `maxdnn reproduce ${names.join(' ')}` },
        'A single figure or table goes to the folder reproduce of the work folder.',
      );
    }
    const place = workspaceOf(args);
    const images = integerOption(args, 'images', 1, 2 ** 24);
    const workers = integerOption(args, 'workers', 0, 256) ?? availableParallelism();
    const dataDir = dataFolder(args);
    const tablePath = textOption(args, 'table') ?? (existsSync(place.table) ? place.table : undefined);
    const table = tablePath === undefined ? {} : { table: readEnergyTable(tablePath) };
    requireTable(names, tablePath);
    const inputs = openReproduction(dataDir, place, images, onProgress);
    const parts = await reproduceParts(names, {
      ...inputs,
      ...table,
      recalibration: firstImages(inputs.train, RECALIBRATION_IMAGES),
      bookPath: join(place.reproduceDir, 'scores.json'),
      workers,
      onProgress,
    });
    const paths = parts.flatMap((own) => {
      const path = join(place.reproduceDir, `${own.part.kind}.json`);
      writeArtifact(path, own);
      const { markdownPath, csvPath, svgPath } = writeReproduction(own, place.reproduceDir);
      return [path, markdownPath, csvPath, ...(svgPath === undefined ? [] : [svgPath])];
    });
    if (names.length === PART_NAMES.length) {
      paths.push(...writeReproductionPage(parts, out ?? join(place.reproduceDir, 'reproduction.md')));
    }
    const value = { paths, base: parts[0]!.base, parts: parts.map(({ part }) => part) };
    return { text: paths.join('\n'), value };
  },
};

/** The figures and tables that the word stands for. @throws bad-input that names the nearest word */
function partsWanted(args: CommandArguments): readonly PartName[] {
  const words = [...PART_NAMES, ALL];
  const [word, ...more] = args._;
  if (word === ALL && more.length === 0) return PART_NAMES;
  if (more.length === 0 && PART_NAMES.includes(word as PartName)) return [word as PartName];
  const found = args._.length === 0 ? 'none' : args._.join(' ');
  const nearest = nearestWord(word ?? ALL, words);
  throw badInput(
    { where: 'reproduce', wanted: `one of ${words.join(', ')}`, found },
    `The nearest is ${nearest}.`,
  );
}

/** @throws bad-input when neither --data nor MAXDNN_DATA names a folder that is there */
function dataFolder(args: CommandArguments): string {
  const given = textOption(args, 'data');
  const path = given ?? (process.env.MAXDNN_DATA || undefined);
  if (path === undefined)
    throw badInput({ where: '--data', wanted: 'a data folder', found: 'none' }, DATA_HINT);
  if (existsSync(path)) return path;
  const where = given === undefined ? 'MAXDNN_DATA' : '--data';
  throw badInput({ where, wanted: 'a data folder', found: `no folder ${path}` }, DATA_HINT);
}

/** Fig. 4, and Table I with it, weigh accuracy against energy. @throws bad-input */
function requireTable(names: readonly PartName[], tablePath: string | undefined): void {
  const needy = names.filter((name) => name === 'fig4' || name === 'table1');
  if (tablePath !== undefined || needy.length === 0) return;
  throw badInput(
    { where: `reproduce ${needy.join(', ')}`, wanted: 'an energy table', found: 'none in the work folder' },
    'Make one with maxdnn table, or name one with --table FILE.',
  );
}
