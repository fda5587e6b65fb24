import type { OnProgress } from '../base/progress.ts';
import type { OnChunk } from './predict.ts';

/** Progress of evaluations in images: how many, how fast, and how many of them rightly so far. */
export interface ImageProgress {
  /** Starts on one network; the result is called after each chunk of images. */
  start(name: string): OnChunk;
  /** One network whose result for so many images was already there. */
  reuse(name: string, images: number): void;
}

/**
 * @param total images that will go through networks, reused ones included
 */
export function createImageProgress(
  onProgress: OnProgress,
  total: number,
  nowMs: () => number = () => performance.now(),
): ImageProgress {
  let done = 0;
  return {
    start(name) {
      const startMs = nowMs();
      let seen = 0;
      let right = 0;
      return (chunk) => {
        seen += chunk.images;
        right += chunk.correct;
        done += chunk.images;
        const perSecond = Math.round((1000 * seen) / Math.max(1, nowMs() - startMs));
        const accuracy = ((100 * right) / seen).toFixed(1);
        const note = `${name}  ${perSecond} images/s  ${accuracy} % right`;
        onProgress({ stage: 'evaluate', done, total, unit: 'images', note });
      };
    },
    reuse(name, images) {
      done += images;
      onProgress({ stage: 'evaluate', done, total, unit: 'images', note: name, reused: true });
    },
  };
}
