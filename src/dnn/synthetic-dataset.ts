import { sha256 } from '../base/files.ts';
import { badInput, show } from '../base/errors.ts';
import { createRng } from '../base/rng.ts';
import type { Dataset } from './dataset.ts';
import { PLANE } from './synthetic-canvas.ts';
import { drawScene, SYNTHETIC_CLASSES } from './synthetic-scene.ts';

export { SYNTHETIC_CLASSES, type SyntheticClass } from './synthetic-scene.ts';

export type SyntheticSplit = 'train' | 'calibration' | 'test';

export const DEFAULT_SYNTHETIC_SEED = 20_261_123;
