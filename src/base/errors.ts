/** Closed set of things that can go wrong; decides the exit code of the command line. */
export type ErrorCode = 'mismatch' | 'bad-input' | 'tool-missing' | 'tool-failed' | 'internal';

/** Exit code per error code: 1 mismatch found, 2 bad input, 3 a tool missing or failed, 4 internal error. */
export const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  mismatch: 1,
  'bad-input': 2,
  'tool-missing': 3,
  'tool-failed': 3,
  internal: 4,
};

/** The toolkit's only error class. `message` says what and where, `hint` what to do about it. */
export class MaxdnnError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MaxdnnError';
    this.code = code;
    this.hint = options.hint;
  }
}

/** One fault in something a user gave: where it was, what was wanted there and what was found. */
export interface Fault {
  readonly where: string;
  readonly wanted: string;
  readonly found: string;
}

/** `bad-input` error that lists every fault at once, one line each: "where: wanted …, found …". */
export function badInput(faults: Fault | readonly Fault[], hint: string, cause?: unknown): MaxdnnError {
  const list = Array.isArray(faults) ? (faults as readonly Fault[]) : [faults as Fault];
  const lines = list.map((f) => `${f.where}: wanted ${f.wanted}, found ${f.found}`);
  return new MaxdnnError('bad-input', lines.join('\n'), { hint, cause });
}

/** Short, single-line rendering of any value for an error message (at most `limit` characters). */
export function show(value: unknown, limit = 80): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value));
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}
