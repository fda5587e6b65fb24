import { badInput, type Fault, show } from '../base/errors.ts';
import { readInputFile } from '../base/files.ts';
import { compileSchema } from '../base/schema-check.ts';

/** One memory: energy of one access to one word. */
export interface MemoryParameters {
  /** Absent for the DRAM, which holds everything. */
  readonly capacityBytes?: number;
  /** Bits that one access moves. */
  readonly wordBits: number;
  readonly readPj: number;
  readonly writePj: number;
  /** Technology and supply that the energies are for. */
  readonly nodeNm: number;
  readonly voltageV: number;
  /** Where the energies come from. */
  readonly source: string;
}

/** An SRAM with its capacity. */
export interface SramParameters extends MemoryParameters {
  readonly capacityBytes: number;
}

/** The memories around the array and how they are used. */
export interface StorageParameters {
  /** Input and output map of the layer under way, int8. */
  readonly activationSram: SramParameters;
  readonly weightSram: SramParameters;
  /** Partial sums between the K tiles. */
  readonly accumulatorSram: SramParameters;
  readonly dram: MemoryParameters;
  /** True: the weights are in the weight SRAM for good and are never fetched from DRAM. */
  readonly weightsResident: boolean;
  /** Images processed per fetch of the weights from DRAM (batch), ≥ 1. */
  readonly imagesPerWeightFetch: number;
}

/** Node, supply and source of the published energies below. */
const PUBLISHED = {
  nodeNm: 45,
  voltageV: 0.9,
  source:
    'M. Horowitz, "Computing\'s energy problem (and what we can do about it)", ISSCC 2014, pp. 10-14, figure 1.1.9',
} as const;

/**
 * Energy of one 64-bit access to a cache in 45 nm at 0.9 V by capacity.
 * Source: Horowitz, ISSCC 2014, figure 1.1.9: 8 KB 10 pJ, 32 KB 20 pJ, 1 MB 100 pJ.
 */
const SRAM_ACCESS_PJ_PER_64_BITS: readonly (readonly [number, number])[] = [
  [8 * 1024, 10],
  [32 * 1024, 20],
  [1024 * 1024, 100],
];

/**
 * Energy of one 64-bit access to DRAM: the middle of 1.3 to 2.6 nJ.
 * Source: Horowitz, ISSCC 2014, figure 1.1.9.
 */
const DRAM_ACCESS_PJ_PER_64_BITS = 1950;

/**
 * Energy of one access to an SRAM, pJ: the published points, between them and beyond a power law (straight lines
 * between the logarithms), in proportion to the width of the word.
 */
export function sramAccessPj(capacityBytes: number, wordBits: number): number {
  const points = SRAM_ACCESS_PJ_PER_64_BITS;
  const upper = points.findIndex(([bytes], index) => index > 0 && capacityBytes <= bytes);
  const last = upper < 0 ? points.length - 1 : upper;
  const [[x0, y0], [x1, y1]] = [points[last - 1]!, points[last]!];
  const exponent = Math.log(y1 / y0) / Math.log(x1 / x0);
  return y0 * (capacityBytes / x0) ** exponent * (wordBits / 64);
}

/** An SRAM of the published kind. */
export function publishedSram(capacityBytes: number, wordBits: number): SramParameters {
  const accessPj = sramAccessPj(capacityBytes, wordBits);
  return { capacityBytes, wordBits, readPj: accessPj, writePj: accessPj, ...PUBLISHED };
}

/**
 * Sizes that hold the reference network: its largest pair of maps and its weights; 16 columns of 64 sums. Energies
 * are for 0.9 V as published, while the default library is at 1.1 V: nothing is scaled.
 */
export const DEFAULT_STORAGE: StorageParameters = {
  activationSram: publishedSram(64 * 1024, 64),
  weightSram: publishedSram(128 * 1024, 64),
  accumulatorSram: publishedSram(8 * 1024, 64),
  dram: {
    wordBits: 64,
    readPj: DRAM_ACCESS_PJ_PER_64_BITS,
    writePj: DRAM_ACCESS_PJ_PER_64_BITS,
    ...PUBLISHED,
  },
  weightsResident: false,
  imagesPerWeightFetch: 1,
};

/** What a user may give of a memory; energies that are left out follow from the capacity as published. */
type GivenMemory = Partial<MemoryParameters>;

interface GivenStorage {
  readonly activationSram?: GivenMemory;
  readonly weightSram?: GivenMemory;
  readonly accumulatorSram?: GivenMemory;
  readonly dram?: GivenMemory;
  readonly weightsResident?: boolean;
  readonly imagesPerWeightFetch?: number;
}

const positive = { type: 'number', exclusiveMinimum: 0 } as const;
const natural = { type: 'integer', minimum: 1 } as const;
const MEMORY = {
  wordBits: { type: 'integer', minimum: 1, maximum: 4096 },
  readPj: positive,
  writePj: positive,
  nodeNm: positive,
  voltageV: positive,
  source: { type: 'string', minLength: 1 },
} as const;
const SRAM_SCHEMA = {
  type: 'object',
  properties: { capacityBytes: natural, ...MEMORY },
  additionalProperties: false,
} as const;

const checkStorage = compileSchema({
  type: 'object',
  properties: {
    activationSram: SRAM_SCHEMA,
    weightSram: SRAM_SCHEMA,
    accumulatorSram: SRAM_SCHEMA,
    dram: { type: 'object', properties: MEMORY, additionalProperties: false },
    weightsResident: { type: 'boolean' },
    imagesPerWeightFetch: natural,
  },
  additionalProperties: false,
});

const HINT =
  'For example: {"activationSram": {"capacityBytes": 32768, "wordBits": 64, "readPj": 12, "writePj": 14, "source": "memory compiler X"}, "weightsResident": true}; what is left out keeps its default.';

/**
 * Reads storage parameters, JSON: any part of StorageParameters, the rest as in DEFAULT_STORAGE. Energies of an SRAM
 * whose capacity or word is given without them follow the published figures; energies of the user's own need a
 * source.
 * @throws bad-input with every fault at once
 */
export function readStorage(path: string): StorageParameters {
  const text = readInputFile(path, 'storage parameters, JSON').toString('utf8');
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    const found = `no JSON (${(error as Error).message})`;
    throw badInput({ where: path, wanted: 'storage parameters, JSON', found }, HINT, error);
  }
  const shapeFaults = checkStorage(given, path);
  if (shapeFaults.length > 0) throw badInput(shapeFaults, HINT);
  const storage = given as GivenStorage;
  const faults = (['activationSram', 'weightSram', 'accumulatorSram', 'dram'] as const).flatMap((memory) =>
    energyFaults(storage[memory] ?? {}, `${path}: ${memory}`),
  );
  if (faults.length > 0) throw badInput(faults, HINT);
  const sram = (memory: 'activationSram' | 'weightSram' | 'accumulatorSram'): SramParameters => {
    const own = storage[memory] ?? {};
    const { capacityBytes, wordBits } = { ...DEFAULT_STORAGE[memory], ...own };
    return { ...publishedSram(capacityBytes, wordBits), ...own };
  };
  return {
    ...DEFAULT_STORAGE,
    activationSram: sram('activationSram'),
    weightSram: sram('weightSram'),
    accumulatorSram: sram('accumulatorSram'),
    dram: dramOf(storage.dram ?? {}),
    ...(storage.weightsResident !== undefined && { weightsResident: storage.weightsResident }),
    ...(storage.imagesPerWeightFetch !== undefined && { imagesPerWeightFetch: storage.imagesPerWeightFetch }),
  };
}

function dramOf(own: GivenMemory): MemoryParameters {
  const { wordBits } = { ...DEFAULT_STORAGE.dram, ...own };
  const accessPj = DRAM_ACCESS_PJ_PER_64_BITS * (wordBits / 64);
  return { ...DEFAULT_STORAGE.dram, readPj: accessPj, writePj: accessPj, ...own };
}

/** Energies come in pairs and with a source, so that a report never calls a user's figure a published one. */
function energyFaults(memory: GivenMemory, where: string): readonly Fault[] {
  const given = (['readPj', 'writePj'] as const).filter((name) => memory[name] !== undefined);
  if (given.length === 0) return [];
  const faults: Fault[] = [];
  if (given.length === 1) {
    faults.push({ where, wanted: 'readPj and writePj', found: `only ${given[0]}` });
  }
  if (memory.source === undefined) {
    faults.push({ where, wanted: 'a "source" of the energies', found: show(memory) });
  }
  return faults;
}
