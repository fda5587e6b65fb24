/** Numbered blocks of bytes of one size, a bounded number of them. */
export interface BlockRoom {
  readonly blockBytes: number;
  /** A block that is not in use; what it holds is left from before. undefined: all are in use. */
  take(): number | undefined;
  free(blocks: readonly number[]): void;
  bytesOf(block: number): Uint8Array;
}

const SLAB_BLOCKS = 256;

/**
 * Room for floor(maxBytes / blockBytes) blocks. Memory comes in slabs of 256 blocks when it is first needed, and stays:
 * fresh memory costs several times the copy into it.
 */
export function createBlockRoom(maxBytes: number, blockBytes: number): BlockRoom {
  const blocks = Math.floor(maxBytes / blockBytes);
  const slabs: Uint8Array[] = [];
  const unused: number[] = [];
  /** Blocks that were never in use have the numbers from here on. */
  let fresh = 0;
  return {
    blockBytes,
    take() {
      if (unused.length > 0) return unused.pop();
      if (fresh === blocks) return undefined;
      if (fresh % SLAB_BLOCKS === 0)
        slabs.push(new Uint8Array(blockBytes * Math.min(SLAB_BLOCKS, blocks - fresh)));
      return fresh++;
    },
    free(own) {
      unused.push(...own);
    },
    bytesOf(block) {
      const first = (block % SLAB_BLOCKS) * blockBytes;
      return slabs[Math.floor(block / SLAB_BLOCKS)]!.subarray(first, first + blockBytes);
    },
  };
}
