import { hostname } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { PACKAGE_ROOT } from '../../src/base/package-root.ts';
import type { Ran } from '../cli/command-line.ts';

/** `maxdnn worker` as a process of its own. */
export interface WorkerProcess {
  /** As jobs name it. */
  readonly name: string;
  readonly kill: (signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT') => void;
  readonly ended: Promise<Ran>;
}

/** @returns when it waits for jobs */
export async function startWorker(
  url: string,
  { args = [], root = PACKAGE_ROOT }: { readonly args?: readonly string[]; readonly root?: string } = {},
): Promise<WorkerProcess> {
  const file = join(root, 'dist', 'cli', 'maxdnn.js');
  const options = ['worker', '--queue', url, '--workers', '1', ...args];
  const child = execa(process.execPath, [file, ...options], { reject: false });
  const ended = child.then(({ exitCode, stdout, stderr }) => ({ code: exitCode, stdout, stderr }));
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (text) => {
      if (String(text).includes('waits for jobs')) resolve();
    });
    ended.then(({ stderr }) => reject(new Error(`the worker ended: ${stderr}`)));
  });
  return { name: `${hostname()}-${child.pid}`, kill: (signal) => void child.kill(signal), ended };
}
