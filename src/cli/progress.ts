import type { OnProgress, ProgressEvent } from '../base/progress.ts';

/** Where progress goes; process.stderr fits. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal in characters. */
  readonly columns?: number | undefined;
}

/** Prints progress; made for one command. */
export interface ProgressReporter {
  readonly onProgress: OnProgress;
  /** Ends a line that is still being updated, so that what is printed next starts on its own line. */
  readonly close: () => void;
}

interface StageState {
  /** When the stage began, or now for want of better: the end of what was reported before it. */
  readonly startMs: number;
  readonly done: number;
  readonly reused: number;
  readonly printedMs: number;
  readonly printedDone: number;
}

const REDRAW_MS = 80;
/** Plain lines of a stage of many items: one per 5 % or per 10 s, whichever comes first. */
const PLAIN_LINES_PER_STAGE = 20;
const PLAIN_INTERVAL_MS = 10_000;
const DEFAULT_COLUMNS = 80;

/**
 * Progress on a terminal: one line per stage, updated in place ("stage done/total ETA note"). Elsewhere: plain
 * lines, at most one per item. Each finished stage ends with a line that says how long it took and how many results
 * were reused. Control characters in notes are not printed.
 * @param nowMs clock in milliseconds, for tests
 */
export function createProgressReporter(
  stream: ProgressStream = process.stderr,
  nowMs: () => number = () => performance.now(),
): ProgressReporter {
  const live = stream.isTTY === true;
  const stages = new Map<string, StageState>();
  let lastMs = nowMs();
  let lineOpen = false;

  const print = (text: string, final: boolean): void => {
    if (!live) {
      stream.write(`${text}\n`);
      return;
    }
    const width = Math.max(20, (stream.columns ?? DEFAULT_COLUMNS) - 1);
    stream.write(`\r\u001b[2K${clip(text, width)}${final ? '\n' : ''}`);
    lineOpen = !final;
  };

  const onProgress = (event: ProgressEvent): void => {
    const now = nowMs();
    const before = stages.get(event.stage) ?? newStage(lastMs);
    const reused = before.reused + (event.reused === true ? event.done - before.done : 0);
    const state = { ...before, done: event.done, reused };
    lastMs = now;
    if (event.done >= event.total) {
      stages.delete(event.stage);
      print(describeEnd(event, reused, now - state.startMs), true);
      return;
    }
    if (!isDue(live, event, before, now)) {
      stages.set(event.stage, state);
      return;
    }
    stages.set(event.stage, { ...state, printedMs: now, printedDone: event.done });
    print(describeStep(event, reused, now - state.startMs), false);
  };

  return {
    onProgress,
    close: () => {
      if (lineOpen) stream.write('\n');
      lineOpen = false;
    },
  };
}

/** Time in a form that people read: "4.2 s", "1 min 05 s", "2 h 03 min". */
export function formatDuration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${pad(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

function newStage(startMs: number): StageState {
  return { startMs, done: 0, reused: 0, printedMs: Number.NEGATIVE_INFINITY, printedDone: 0 };
}

function isDue(live: boolean, event: ProgressEvent, state: StageState, now: number): boolean {
  if (live) return now - state.printedMs >= REDRAW_MS;
  if (event.reused === true) return false; // counted in the stage's last line
  const step = Math.max(1, event.total / PLAIN_LINES_PER_STAGE);
  return (
    event.total <= 50 || event.done - state.printedDone >= step || now - state.printedMs >= PLAIN_INTERVAL_MS
  );
}

/** ETA from the items that took work; reused ones cost next to nothing. */
function describeStep(event: ProgressEvent, reused: number, elapsedMs: number): string {
  const worked = event.done - reused;
  const eta = worked > 0 ? `  ETA ${formatDuration((elapsedMs / worked) * (event.total - event.done))}` : '';
  const note = event.note === undefined ? '' : `  ${printable(event.note)}`;
  return `${event.stage} ${count(event)}${eta}${note}${event.reused === true ? ' (reused)' : ''}`;
}

function describeEnd(event: ProgressEvent, reused: number, elapsedMs: number): string {
  const share = reused === 0 ? '' : `, ${reused === event.total ? 'all' : reused} reused`;
  return `${event.stage} ${count(event)} done in ${formatDuration(elapsedMs)}${share}`;
}

function count({ done, total, unit }: ProgressEvent): string {
  return unit === undefined ? `${done}/${total}` : `${done}/${total} ${unit}`;
}

function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
