import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MaxdnnError } from '../base/errors.ts';
import { runTool } from './run-tool.ts';

/** Vectors of an analysis by lower-case name as ngspice prints it ("time", "v(z)", "i(vdd)"), SI units. */
export type Waveforms = ReadonlyMap<string, Float64Array>;

/**
 * Runs one deck in batch mode and reads the binary raw file that it writes.
 * @param name file stem of the deck, the raw file and the log in `cwd`
 * @throws tool-missing, tool-failed (also when it wrote no or fewer points than announced)
 */
export async function simulate(
  deck: string,
  cwd: string,
  name: string,
  timeoutMs = 120_000,
): Promise<Waveforms> {
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, `${name}.sp`), deck);
  await runTool({
    tool: 'ngspice',
    program: 'ngspice',
    args: ['-b', '-r', `${name}.raw`, `${name}.sp`],
    cwd,
    timeoutMs,
    // Debian's ngspice is built with OpenMP, which costs more than it gains on circuits this small.
    env: { OMP_THREAD_LIMIT: '1' },
    logName: `${name}.log`,
  });
  let raw: Buffer;
  try {
    raw = readFileSync(join(cwd, `${name}.raw`));
  } catch (error) {
    throw failed(name, cwd, 'wrote no raw file', error);
  }
  return readRaw(raw, (why) => failed(name, cwd, why));
}

/** Version that ngspice gives of itself, e.g. "39". */
export async function ngspiceVersion(cwd: string): Promise<string> {
  const { text } = await runTool({
    tool: 'ngspice',
    program: 'ngspice',
    args: ['--version'],
    cwd,
    timeoutMs: 20_000,
  });
  const version = /ngspice-(\S+)/.exec(text)?.[1];
  if (version === undefined)
    throw new MaxdnnError('tool-failed', `ngspice --version printed no version: ${text}`);
  return version;
}

function failed(name: string, cwd: string, why: string, cause?: unknown): MaxdnnError {
  return new MaxdnnError('tool-failed', `ngspice: deck ${name} ${why}`, {
    hint: `Deck and output: ${join(cwd, name)}.sp and .log`,
    cause,
  });
}

/** Source: ngspice manual, "Raw file format"; real data, one float64 per vector and point, host byte order. */
function readRaw(raw: Buffer, fail: (why: string) => MaxdnnError): Waveforms {
  const marker = raw.indexOf('Binary:\n');
  if (marker < 0) throw fail('wrote a raw file without binary data');
  const header = raw.subarray(0, marker).toString('latin1');
  const count = Number(/No\. Variables:\s*(\d+)/.exec(header)?.[1]);
  const points = Number(/No\. Points:\s*(\d+)/.exec(header)?.[1]);
  const names = [...(header.split('Variables:\n')[1] ?? '').matchAll(/^\s*\d+\s+(\S+)/gm)].map((m) => m[1]!);
  const data = raw.subarray(marker + 'Binary:\n'.length);
  if (!(points > 0) || names.length !== count) throw fail('wrote a raw file with a damaged header');
  if (data.length < points * count * 8)
    throw fail(`wrote ${data.length} bytes for ${points} points of ${count}`);
  return new Map(
    names.map((name, v) => [
      name.toLowerCase(),
      Float64Array.from({ length: points }, (_, p) => data.readDoubleLE((p * count + v) * 8)),
    ]),
  );
}
