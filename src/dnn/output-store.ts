/** Outputs of layers by key, in a bounded room. */
export interface OutputStore {
  find(key: string): Int8Array | undefined;
  /** Makes an output the most recently used one. */
  touch(key: string): void;
  /**
   * Arrays of the given lengths to fill and keep; what they hold is left from before. The least recently used outputs
   * make way, and their memory is used again: fresh memory costs several times the copy into it.
   * @param spared keys of outputs that stay; with them and the new ones the room is not exceeded
   */
  take(lengths: readonly number[], spared: ReadonlySet<string>): readonly Int8Array[];
  /** Keeps an array from the latest take. */
  keep(key: string, codes: Int8Array): void;
  /** Bytes of the outputs kept. */
  usedBytes(): number;
}

/** A store of at most `maxBytes`, those taken and not yet kept included. */
export function createOutputStore(maxBytes: number): OutputStore {
  /** The least recently used first. */
  const kept = new Map<string, Int8Array>();
  let usedBytes = 0;
  return {
    find: (key) => kept.get(key),
    touch(key) {
      const codes = kept.get(key)!;
      kept.delete(key);
      kept.set(key, codes);
    },
    take(lengths, spared) {
      const needed = lengths.reduce((sum, length) => sum + length, 0);
      const freed: Int8Array[] = [];
      for (const [key, codes] of kept) {
        if (usedBytes + needed <= maxBytes) break;
        if (spared.has(key)) continue;
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
      kept.set(key, codes);
      usedBytes += codes.length;
    },
    usedBytes: () => usedBytes,
  };
}
