/** Outputs of layers by key, in a bounded room. */
export interface OutputStore {
  find(key: string): Int8Array | undefined;
  /** Tells that an output was of use. */
  touch(key: string): void;
  /**
   * Arrays of the given lengths to fill and keep; what they hold is left from before. Outputs make way in the order of
   * the takes since they were last of use, times the root of their bytes, over how often they were of use (+ 1). Their
   * memory is used again: fresh memory costs several times the copy into it.
   * @param spared keys of outputs that stay; with them and the new ones the room is not exceeded
   */
  take(lengths: readonly number[], spared: ReadonlySet<string>): readonly Int8Array[];
  /** Keeps an array from the latest take. */
  keep(key: string, codes: Int8Array): void;
  /** Bytes of the outputs kept. */
  usedBytes(): number;
}

/** More uses do not count: what was of use often, but long ago, makes way in the end. */
const MOST_USES = 7;

interface Kept {
  readonly codes: Int8Array;
  /** Takes before the last use. */
  lastUse: number;
  uses: number;
}

/** A store of at most `maxBytes`, those taken and not yet kept included. */
export function createOutputStore(maxBytes: number): OutputStore {
  const kept = new Map<string, Kept>();
  let usedBytes = 0;
  let takes = 0;
  const uselessness = ({ codes, lastUse, uses }: Kept): number =>
    ((takes - lastUse) * Math.sqrt(codes.length)) / (1 + uses);
  const mostUseless = (spared: ReadonlySet<string>): string | undefined => {
    let found: string | undefined;
    let most = -1;
    for (const [key, one] of kept) {
      const own = uselessness(one);
      if (own <= most || spared.has(key)) continue;
      found = key;
      most = own;
    }
    return found;
  };
  return {
    find: (key) => kept.get(key)?.codes,
    touch(key) {
      const one = kept.get(key)!;
      one.lastUse = takes;
      one.uses = Math.min(one.uses + 1, MOST_USES);
    },
    take(lengths, spared) {
      takes++;
      const needed = lengths.reduce((sum, length) => sum + length, 0);
      const freed: Int8Array[] = [];
      while (usedBytes + needed > maxBytes) {
        const key = mostUseless(spared);
        if (key === undefined) break;
        const { codes } = kept.get(key)!;
        kept.delete(key);
        usedBytes -= codes.length;
        freed.push(codes);
      }
      return lengths.map((length) => {
        const at = freed.findIndex((codes) => codes.length === length);
        return at < 0 ? new Int8Array(length) : freed.splice(at, 1)[0]!;
      });
    },
    keep(key, codes) {
      kept.set(key, { codes, lastUse: takes, uses: 0 });
      usedBytes += codes.length;
    },
    usedBytes: () => usedBytes,
  };
}
