import { describe, expect, it } from 'vitest';
import { createProgressReporter, formatDuration } from '../../src/cli/progress.ts';

/** A reporter on a recording stream with a clock that the test turns. */
function record(stream: { isTTY?: boolean; columns?: number } = {}) {
  const written: string[] = [];
  const clock = { nowMs: 0 };
  const reporter = createProgressReporter(
    { ...stream, write: (text) => written.push(text) },
    () => clock.nowMs,
  );
  const step = (advanceMs: number, event: Parameters<typeof reporter.onProgress>[0]): void => {
    clock.nowMs += advanceMs;
    reporter.onProgress(event);
  };
  return { written, reporter, step };
}

describe('progress, plain', () => {
  it('prints one line per item that took work, ETA from the items that took work, and how many were reused', () => {
    const { written, step } = record();
    step(0, { stage: 'synth', done: 1, total: 4, note: 'mul_a', reused: true });
    step(2000, { stage: 'synth', done: 2, total: 4, note: 'mul_b' });
    step(4000, { stage: 'synth', done: 3, total: 4, note: 'mul_c' });
    step(3000, { stage: 'synth', done: 4, total: 4, note: 'mul_d' });
    expect(written).toEqual([
      'synth 2/4  ETA 4.0 s  mul_b\n',
      'synth 3/4  ETA 3.0 s  mul_c\n',
      'synth 4/4 done in 9.0 s, 1 reused\n',
    ]);
  });

  it('says when all of it was reused, and starts the next stage where the last one ended', () => {
    const { written, step } = record();
    step(5, { stage: 'verify', done: 1, total: 1, reused: true });
    step(1000, { stage: 'table', done: 1, total: 2 });
    step(1000, { stage: 'table', done: 2, total: 2 });
    expect(written).toEqual([
      'verify 1/1 done in 0.0 s, all reused\n',
      'table 1/2  ETA 1.0 s\n',
      'table 2/2 done in 2.0 s\n',
    ]);
  });

  it('thins out a stage of many items, but shows that it lives', () => {
    const { written, step } = record();
    for (let done = 1; done <= 1000; done++) step(1, { stage: 'evaluate', done, total: 1000 });
    expect(written.length).toBeGreaterThan(15);
    expect(written.length).toBeLessThan(30);
    expect(written.at(-1)).toBe('evaluate 1000/1000 done in 1.0 s\n');
    const slow = record();
    for (let done = 1; done <= 5; done++) slow.step(10_000, { stage: 'x', done, total: 1000 });
    expect(slow.written).toHaveLength(5);
  });

  it('prints no control characters from a note', () => {
    const { written, step } = record();
    step(1, { stage: 's', done: 1, total: 2, note: 'a\n\u001b[31mb' });
    expect(written).toEqual(['s 1/2  ETA 0.0 s  a [31mb\n']);
  });
});

describe('progress, on a terminal', () => {
  it('updates one line, cut to the width, and ends it with the stage', () => {
    const { written, step } = record({ isTTY: true, columns: 30 });
    step(1000, { stage: 'synth', done: 1, total: 3, note: 'mul_with_a_long_name_s8' });
    step(1, { stage: 'synth', done: 2, total: 3, note: 'too soon to draw again' });
    step(1000, { stage: 'synth', done: 3, total: 3 });
    expect(written).toEqual([
      '\r\u001b[2Ksynth 1/3  ETA 2.0 s  mul_wi…',
      '\r\u001b[2Ksynth 3/3 done in 2.0 s\n',
    ]);
    expect(written[0]!.replace('\r\u001b[2K', '')).toHaveLength(29);
  });

  it('close ends an open line, once', () => {
    const { written, step, reporter } = record({ isTTY: true });
    step(1, { stage: 's', done: 1, total: 9 });
    reporter.close();
    reporter.close();
    expect(written.slice(1)).toEqual(['\n']);
  });
});

describe('formatDuration', () => {
  it('reads like a person would say it', () => {
    expect([0, 9_949, 9_950, 59_499, 59_500, 65_000, 3_600_000, 7_380_000].map(formatDuration)).toEqual([
      '0.0 s',
      '9.9 s',
      '10 s',
      '59 s',
      '1 min 00 s',
      '1 min 05 s',
      '1 h 00 min',
      '2 h 03 min',
    ]);
  });
});
