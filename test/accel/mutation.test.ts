import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isWeighted } from '../../src/dnn/quantised-network.ts';
import { smallArray } from './compare-layers.ts';
import { BOOTH, narrow, roup } from './core-specs.ts';
import { buildMutants, runTrial, trialOf } from './mutation-bench.ts';
import { smallNetwork } from './small-network.ts';

const CHOSEN =
  /^maxdnn_(element.*|lane|requantise|walker|window|issue|loader|control|sequencer|edge|operand_map|drain|writer|accumulator|collect|vector)\.v$/;

test('mutants', async () => {
  const multipliers = [BOOTH, roup(1, 4, 2, 2), narrow(5, 4)];
  const spec = smallArray({ elements: 'bank', multipliers, lanes: 2 });
  const trials = [1, 2, 3, 4].map((seed) => {
    const network = smallNetwork(seed, 2);
    const layers = network.layers.filter(isWeighted);
    return trialOf(
      `trial${seed}`,
      network,
      new Map(layers.map(({ name }, i) => [name, multipliers[(i + seed) % 3]!])),
      spec,
    );
  });
  const outDir = process.env.MUT_DIR ?? mkdtempSync(join(tmpdir(), 'maxdnn-mutation-'));
  mkdirSync(outDir, { recursive: true });
  const { simulation, mutants } = await buildMutants(spec, (file) => CHOSEN.test(file), outDir);
  console.log(mutants.length, 'mutants');
  const cycles: number[] = [];
  for (const trial of trials) {
    const right = await runTrial(simulation, trial, 0, 1e7, outDir);
    console.log(trial.name, JSON.stringify(right));
    expect(right).toHaveProperty('compared');
    cycles.push(right.cycles);
  }
  const step = Number(process.env.STEP ?? 1);
  let killed = 0;
  const t0 = Date.now();
  const survivors = [];
  for (const mutant of mutants.filter((_, i) => i % step === 0)) {
    let caught = false;
    for (const [k, trial] of trials.entries()) {
      const result = await runTrial(simulation, trial, mutant.number, 4 * cycles[k]! + 10000, outDir);
      if ('caught' in result) {
        caught = true;
        break;
      }
    }
    if (caught) killed++;
    else {
      survivors.push(mutant);
      console.log(`${mutant.number} ${mutant.file}:${mutant.line} ${mutant.original}  =>  ${mutant.mutated}`);
    }
  }
  console.log('killed', killed, 'survived', survivors.length, Date.now() - t0, 'ms');
}, 3_000_000);
