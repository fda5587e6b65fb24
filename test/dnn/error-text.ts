import { MaxdnnError } from '../../src/base/errors.ts';

/** Message and hint of the bad-input error that `action` must throw. */
export function badInputText(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof MaxdnnError && error.code === 'bad-input') return `${error.message}\n${error.hint}`;
    throw error;
  }
  throw new Error('nothing was thrown');
}
