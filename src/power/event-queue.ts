/**
 * Pending output changes in the order of their times: a timing wheel whose buckets are sorted lists. Every driver
 * has at most one pending change. Nothing is allocated after it is made.
 */
export interface EventQueue {
  /** Adds the change of a driver that has none pending. The time is at most the longest delay after the last popped. */
  readonly insert: (driver: number, timeFs: number) => void;
  /** Takes back the pending change of a driver. */
  readonly remove: (driver: number) => void;
  /** Takes out all changes of the earliest time; fills `due` with their drivers and gives their number, 0 when empty. */
  readonly popEarliest: (due: Int32Array) => number;
  /** Time of the changes popped last, fs. */
  readonly nowFs: () => number;
  /** Sets the time back to 0; the queue must be empty. */
  readonly restart: () => void;
}

/** log2 of the width of a bucket in fs: about 1 ps, so that a bucket seldom holds more than two changes. */
const BUCKET_SHIFT = 10;

/** Queue for changes of `driverCount` drivers, none later than `maxDelayFs` after the time that was popped last. */
export function createEventQueue(driverCount: number, maxDelayFs: number): EventQueue {
  // One bucket more than the delay covers, so that the newest bucket never meets the one that is being emptied.
  const buckets = Math.max(32, 2 ** Math.ceil(Math.log2((maxDelayFs >> BUCKET_SHIFT) + 2)));
  const mask = buckets - 1;
  const head = new Int32Array(buckets).fill(-1);
  const occupied = new Int32Array(buckets / 32);
  const wordMask = occupied.length - 1;
  const time = new Int32Array(driverCount);
  const next = new Int32Array(driverCount);
  const previous = new Int32Array(driverCount);
  let pending = 0;
  let now = 0;

  const insert = (driver: number, timeFs: number): void => {
    const bucket = (timeFs >> BUCKET_SHIFT) & mask;
    let before = -1;
    let after = head[bucket]!;
    while (after >= 0 && time[after]! <= timeFs) {
      before = after;
      after = next[after]!;
    }
    time[driver] = timeFs;
    next[driver] = after;
    previous[driver] = before;
    if (after >= 0) previous[after] = driver;
    if (before >= 0) next[before] = driver;
    else {
      head[bucket] = driver;
      occupied[bucket >> 5]! |= 1 << (bucket & 31);
    }
    pending++;
  };

  const remove = (driver: number): void => {
    const before = previous[driver]!;
    const after = next[driver]!;
    if (after >= 0) previous[after] = before;
    if (before >= 0) next[before] = after;
    else {
      const bucket = (time[driver]! >> BUCKET_SHIFT) & mask;
      head[bucket] = after;
      if (after < 0) occupied[bucket >> 5]! &= ~(1 << (bucket & 31));
    }
    pending--;
  };

  const popEarliest = (due: Int32Array): number => {
    if (pending === 0) return 0;
    const from = (now >> BUCKET_SHIFT) & mask;
    let word = from >> 5;
    let bits = occupied[word]! & (-1 << (from & 31));
    while (bits === 0) {
      word = (word + 1) & wordMask;
      bits = occupied[word]!;
    }
    const bucket = (word << 5) + 31 - Math.clz32(bits & -bits);
    let driver = head[bucket]!;
    now = time[driver]!;
    let count = 0;
    while (driver >= 0 && time[driver] === now) {
      due[count++] = driver;
      driver = next[driver]!;
    }
    head[bucket] = driver;
    if (driver >= 0) previous[driver] = -1;
    else occupied[bucket >> 5]! &= ~(1 << (bucket & 31));
    pending -= count;
    return count;
  };

  const restart = (): void => {
    now = 0;
  };

  return { insert, remove, popEarliest, nowFs: () => now, restart };
}
