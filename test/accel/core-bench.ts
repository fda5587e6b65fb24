import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ArraySpec } from '../../src/accel/array-spec.ts';
import { COMPUTE_FIELDS, type ComputeFieldName, DESCRIPTOR_WORDS } from '../../src/accel/descriptor.ts';
import { generateCore, memoryPortBits, type VerilogFile } from '../../src/accel/generate-core.ts';
import { withWordMultipliers } from '../../src/accel/word-multiplier.ts';
import { writeFileAtomic } from '../../src/base/files.ts';
import { shippedFile } from '../../src/base/package-root.ts';
import { buildSimulation, runSimulation, simulationProgram } from '../../src/tools/verilator.ts';

export type Fields = Partial<Readonly<Record<ComputeFieldName, number>>>;

export interface RunAnswer {
  readonly done: boolean;
  readonly fault: boolean;
  readonly cycles: number;
  readonly active: number;
  readonly stallWeights: number;
  readonly stallDrain: number;
}

/** Builds the simulation of a core once per folder; `change` may damage its files. */
export async function buildCore(
  spec: ArraySpec,
  buildDir: string,
  { isGateLevel = false, isUnlinted = false, change = (files: readonly VerilogFile[]) => files } = {},
): Promise<string> {
  if (existsSync(simulationProgram(buildDir))) return simulationProgram(buildDir);
  const files = generateCore(spec);
  const used = change(isGateLevel ? files : withWordMultipliers(files, spec.multipliers));
  const driver = {
    name: 'core_driver.cpp',
    text: readFileSync(shippedFile('sim', 'core_driver.cpp'), 'utf8'),
  };
  const sources = [...used, driver];
  for (const { name, text } of sources) writeFileAtomic(join(buildDir, name), text);
  return buildSimulation({
    topModule: 'maxdnn_core',
    sources: sources.map(({ name }) => name),
    buildDir,
    functionStatements: 200,
    isUnlinted,
  });
}

/** Commands for a core and what it answers; bytes of memory words without what fills up the port. */
export function coreSession(spec: ArraySpec) {
  const portWords = memoryPortBits(spec) / 32;
  const { rows, columns, lanes } = spec;
  const commands: number[] = [];
  const answers: Answer[] = [];
  let kept: Answer[] = [];
  return {
    /** Reset; with a descriptor, in the middle of it. */
    reset(cycles = 0, fields: Fields = {}): void {
      commands.push(0, cycles, ...(cycles > 0 ? descriptorWords(fields) : []));
    },
    write(memory: keyof typeof SELECTS, first: number, bytes: Uint8Array, { isKept = false } = {}): void {
      const wordBytes = { activation: rows, weight: columns, parameter: 8 * lanes }[memory];
      const words = Math.ceil(bytes.length / wordBytes);
      commands.push(1 + (isKept ? 4 : 0), SELECTS[memory], first, words);
      for (let word = 0; word < words; word++) {
        const port = new Uint8Array(4 * portWords);
        port.set(bytes.subarray(word * wordBytes, (word + 1) * wordBytes));
        commands.push(...new Uint32Array(port.buffer));
      }
    },
    /** Reads words of the activation memory; a kept one is answered after the next run. */
    read(first: number, words: number, { isKept = false } = {}): void {
      commands.push(2 + (isKept ? 4 : 0), first, words);
      (isKept ? kept : answers).push({ kind: 'read', words });
    },
    run(fields: Fields): void {
      commands.push(3, ...descriptorWords(fields));
      answers.push({ kind: 'run', words: 0 }, ...kept);
      kept = [];
    },
    async execute(program: string, outDir: string, seed = 1) {
      const [commandFile, answerFile] = [join(outDir, 'commands.bin'), join(outDir, 'answers.bin')];
      writeFileAtomic(commandFile, new Uint8Array(Uint32Array.from(commands).buffer));
      const text = await runSimulation(
        program,
        [resolve(commandFile), resolve(answerFile), String(seed)],
        outDir,
      );
      const file = readFileSync(answerFile);
      const words = new Uint32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
      const runs: RunAnswer[] = [];
      const reads: Uint8Array[] = [];
      let at = 0;
      for (const answer of answers) {
        if (answer.kind === 'run') {
          const [done, fault, cycles, active, stallWeights, stallDrain] = words.subarray(at, at + 6);
          at += 6;
          runs.push({
            done: done === 1,
            fault: fault === 1,
            cycles: cycles!,
            active: active!,
            stallWeights: stallWeights!,
            stallDrain: stallDrain!,
          });
          continue;
        }
        const read = new Uint8Array(answer.words * rows);
        for (let word = 0; word < answer.words; word++, at += portWords) {
          read.set(new Uint8Array(words.buffer, 4 * at, rows), word * rows);
        }
        reads.push(read);
      }
      if (at !== words.length) throw new Error(`${words.length} words of answers, wanted ${at}`);
      return { runs, reads, cycles: Number(/cycles (\d+)/.exec(text)![1]) };
    },
  };
}

interface Answer {
  readonly kind: 'read' | 'run';
  readonly words: number;
}

const SELECTS = { activation: 0, weight: 1, parameter: 2 } as const;

function descriptorWords(fields: Fields): Uint32Array {
  const words = new Uint32Array(DESCRIPTOR_WORDS);
  for (const [word, { name }] of COMPUTE_FIELDS.entries()) words[word] = fields[name] ?? 0;
  return words;
}
