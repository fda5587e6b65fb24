import { type BlockRoom, createBlockRoom } from './block-room.ts';

/** Outputs of layers by key, in a bounded room. */
export interface OutputStore {
  find(key: string): KeptOutput | undefined;
  /** Tells that an output was of use. */
  touch(key: string): void;
  /**
   * Starts outputs; those started before and not kept are gone. As these grow, others make way in the order of the
   * starts since they were last of use, times the root of their bytes, over how often they were of use (+ 1).
   * @param spared keys of outputs that stay
   */
  start(keys: readonly string[], spared: ReadonlySet<string>): readonly GrowingOutput[];
  /** Bytes of the blocks of the outputs kept. */
  usedBytes(): number;
}

/** An output in parts, one for each image. */
export interface KeptOutput {
  /** The bytes of a part in pieces, as they lie in the blocks; views that are good until the next start. */
  part(index: number): readonly Uint8Array[];
}

export interface GrowingOutput {
  /** The next part. Where no room can be made the output is given up. */
  append(bytes: Uint8Array): void;
  /** Keeps the output, unless it was given up. */
  keep(): void;
}

/** More uses do not count: what was of use often, but long ago, makes way in the end. */
const MOST_USES = 7;
const BLOCK_BYTES_MAX = 32768;
const BLOCKS_LEAST = 4096;

interface Output {
  readonly key: string;
  readonly blocks: number[];
  /** Bytes before each part, and of all. */
  readonly ends: number[];
  /** Starts before the last use. */
  lastUse: number;
  uses: number;
}

/** A store of at most `maxBytes`, those growing included. */
export function createOutputStore(
  maxBytes: number,
  blockBytes = Math.max(1, Math.min(BLOCK_BYTES_MAX, Math.floor(maxBytes / BLOCKS_LEAST))),
): OutputStore {
  const room = createBlockRoom(maxBytes, blockBytes);
  const kept = new Map<string, Output>();
  const growing = new Set<Output>();
  let spared: ReadonlySet<string> = new Set();
  let starts = 0;
  let keptBlocks = 0;

  const uselessness = ({ blocks, lastUse, uses }: Output): number =>
    ((starts - lastUse) * Math.sqrt(blocks.length)) / (1 + uses);
  const mostUseless = (): Output | undefined => {
    let found: Output | undefined;
    let most = -1;
    for (const output of kept.values()) {
      const own = uselessness(output);
      if (own <= most || spared.has(output.key)) continue;
      found = output;
      most = own;
    }
    return found;
  };
  const takeBlock = (): number | undefined => {
    const block = room.take();
    if (block !== undefined) return block;
    const output = mostUseless();
    if (output === undefined) return undefined;
    kept.delete(output.key);
    keptBlocks -= output.blocks.length;
    room.free(output.blocks);
    return takeBlock();
  };
  const giveUp = (output: Output): void => {
    if (growing.delete(output)) room.free(output.blocks);
  };
  return {
    find(key) {
      const output = kept.get(key);
      return output && { part: (index) => piecesOf(room, output, index) };
    },
    touch(key) {
      const output = kept.get(key)!;
      output.lastUse = starts;
      output.uses = Math.min(output.uses + 1, MOST_USES);
    },
    start(keys, own) {
      for (const output of growing) giveUp(output);
      spared = own;
      starts++;
      return keys.map((key) => {
        const output: Output = { key, blocks: [], ends: [0], lastUse: starts, uses: 0 };
        growing.add(output);
        return {
          append(bytes) {
            if (growing.has(output) && !append(room, output, bytes, takeBlock)) giveUp(output);
          },
          keep() {
            if (kept.has(key)) giveUp(output);
            if (!growing.delete(output)) return;
            kept.set(key, output);
            keptBlocks += output.blocks.length;
          },
        };
      });
    },
    usedBytes: () => keptBlocks * room.blockBytes,
  };
}

/** Writes a part behind the others; false when there is no block for it. */
function append(
  room: BlockRoom,
  { blocks, ends }: Output,
  bytes: Uint8Array,
  takeBlock: () => number | undefined,
): boolean {
  const { blockBytes } = room;
  let end = ends.at(-1)!;
  for (let done = 0; done < bytes.length; ) {
    const used = end % blockBytes;
    if (used === 0) {
      const block = takeBlock();
      if (block === undefined) return false;
      blocks.push(block);
    }
    const piece = bytes.subarray(done, done + blockBytes - used);
    room.bytesOf(blocks.at(-1)!).set(piece, used);
    done += piece.length;
    end += piece.length;
  }
  ends.push(end);
  return true;
}

function piecesOf(room: BlockRoom, { blocks, ends }: Output, index: number): readonly Uint8Array[] {
  const { blockBytes } = room;
  const pieces: Uint8Array[] = [];
  const end = ends[index + 1]!;
  for (let at = ends[index]!; at < end; ) {
    const first = at % blockBytes;
    const bytes = Math.min(blockBytes - first, end - at);
    pieces.push(room.bytesOf(blocks[Math.floor(at / blockBytes)]!).subarray(first, first + bytes));
    at += bytes;
  }
  return pieces;
}
