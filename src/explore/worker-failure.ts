import { existsSync } from 'node:fs';
import { MaxdnnError } from '../base/errors.ts';
import { shippedFile } from '../base/package-root.ts';

/** An error on its way out of a worker. */
export interface WorkerFailure {
  readonly code: MaxdnnError['code'];
  readonly message: string;
  readonly hint?: string;
}

export function describeFailure(error: unknown): WorkerFailure {
  const known = error instanceof MaxdnnError;
  const message = known ? error.message : String((error as Error).stack ?? error);
  const hint = known && error.hint !== undefined ? { hint: error.hint } : {};
  return { code: known ? error.code : 'internal', message, ...hint };
}

/** The error that a worker described. */
export function failureError({ code, message, hint }: WorkerFailure): MaxdnnError {
  return new MaxdnnError(code, message, hint === undefined ? {} : { hint });
}

/**
 * Path of a compiled worker of this folder; threads cannot be started from TypeScript sources.
 * @throws tool-missing when it is not there
 */
export function workerPath(file: string): string {
  const path = shippedFile('dist', 'explore', file);
  if (existsSync(path)) return path;
  throw new MaxdnnError('tool-missing', `The compiled worker ${path} is missing`, {
    hint: 'Run scripts/build in the checkout, or install the package again.',
  });
}
