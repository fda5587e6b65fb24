import { badInput, show } from '../base/errors.ts';
import { nearestWord } from '../base/nearest.ts';

/**
 * Which places share a class: "modulo" i mod n; "contiguous" n neighbouring parts; "sensitivity" n parts of the places
 * in the order of rising sensitivity, so that class 0 has the least sensitive ones.
 */
export type ClassScheme = 'modulo' | 'contiguous' | 'sensitivity';

export const CLASS_SCHEMES: readonly ClassScheme[] = ['modulo', 'contiguous', 'sensitivity'];

/** Directions within a kernel along which KLAM tells weights apart. */
export type KernelAxis = 'channel' | 'row' | 'column';

const KERNEL_AXES: readonly KernelAxis[] = ['channel', 'row', 'column'];

/** How the places along an axis (filters, kernel channels, rows, columns) fall into classes. */
export interface ClassRule {
  /** 1 … 255; "each": every place is a class of its own. */
  readonly classes: number | 'each';
  /** With "each" always "modulo". */
  readonly scheme: ClassScheme;
  /** Parts of "contiguous" and "sensitivity" may differ by one place; absent: they must be equal. */
  readonly isUneven?: true;
}

/** Where multipliers may differ within a network (MAx-DNN): by layer, by filter, or within the kernels. */
export type Level =
  | { readonly kind: 'llam' }
  | ({ readonly kind: 'flam' } & ClassRule)
  | ({ readonly kind: 'klam'; readonly axis: KernelAxis } & ClassRule);

/** Classes that a level may have: the index of a mixture is a byte, and one value of it means "skipped". */
export const MAX_CLASSES = 255;

/**
 * Canonical text of a level: "llam", "flam-3-modulo", "flam-2-sensitivity", "flam-3-contiguous-uneven",
 * "klam-channel-3-modulo", "klam-row" (each row a class of its own).
 */
export function printLevel(level: Level): string {
  if (level.kind === 'llam') return 'llam';
  const axis = level.kind === 'klam' ? `-${level.axis}` : '';
  return `${level.kind}${axis}${printRule(level)}`;
}

/**
 * Reads the text of a level; the scheme may be left out ("flam-3": modulo).
 * @param where what the text is called in errors
 * @throws bad-input that names the nearest valid level
 */
export function parseLevel(text: string, where: string): Level {
  const level = readLevel(text);
  if (level !== undefined) return level;
  const count = /-0*(\d{1,3})\b/.exec(text)?.[1] ?? '3';
  const nearest = nearestWord(text, levelTexts(Math.min(Math.max(1, Number(count)), MAX_CLASSES)));
  throw badInput(
    {
      where,
      wanted:
        'a level: llam, flam-N or klam-channel-N, -row-N, -column-N, N 1..255, then perhaps -contiguous or -sensitivity',
      found: show(text),
    },
    `The nearest is ${nearest}.`,
  );
}

function printRule({ classes, scheme, isUneven }: ClassRule): string {
  return classes === 'each' ? '' : `-${classes}-${scheme}${isUneven === true ? '-uneven' : ''}`;
}

function readLevel(text: string): Level | undefined {
  if (text === 'llam') return { kind: 'llam' };
  const [, kind, axis, classes, scheme = 'modulo', uneven] =
    /^(flam|klam-(channel|row|column))(?:-([1-9]\d{0,2})(?:-(modulo|contiguous|sensitivity)(-uneven)?)?)?$/.exec(
      text,
    ) ?? [];
  if (kind === undefined || (uneven !== undefined && scheme === 'modulo')) return undefined;
  const count = classes === undefined ? 'each' : Number(classes);
  if (count !== 'each' && count > MAX_CLASSES) return undefined;
  const rule: ClassRule = {
    classes: count,
    scheme: scheme as ClassScheme,
    ...(uneven === undefined ? {} : { isUneven: true }),
  };
  return axis === undefined ? { kind: 'flam', ...rule } : { kind: 'klam', axis: axis as KernelAxis, ...rule };
}

/** Texts that a mistyped one may have meant. */
function levelTexts(classes: number): readonly string[] {
  const heads = ['flam', ...KERNEL_AXES.map((axis) => `klam-${axis}`)];
  return [
    'llam',
    ...heads.flatMap((head) => [
      `${head}-${classes}`,
      ...CLASS_SCHEMES.map((scheme) => `${head}-${classes}-${scheme}`),
      ...['contiguous', 'sensitivity'].map((scheme) => `${head}-${classes}-${scheme}-uneven`),
      head,
    ]),
  ];
}
