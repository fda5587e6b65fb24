import { badInput, show } from '../base/errors.ts';
import { nearestWord } from '../base/nearest.ts';
import { CLASS_SCHEMES, type ClassScheme, type KernelAxis, type Level, MAX_CLASSES } from './level-text.ts';
import type { SkipRule } from './skip-rule.ts';

/** An assignment as its name tells it: where multipliers differ, and which of a palette stands where. */
export interface AssignmentName {
  readonly level: Level;
  /**
   * By layer, then by class: index in a palette of multipliers, null: not multiplied. One entry stands for all layers;
   * of LLAM each has one digit, else one per class (a layer with one class may have one alone).
   */
  readonly digits: readonly (readonly (number | null)[])[];
  readonly skip?: SkipRule;
}

/**
 * Name in MAx-DNN's style. A digit per layer or per class, 0 the first multiplier of the palette, "x" not multiplied;
 * layers with digits of their own are set apart by "."; what the paper has no word for is a suffix of the head.
 *
 *     LLAM_2_1_1_0_0_1_2_0   FLAM-3clas_2_1_1   FLAM-2clas-sensitivity_2_1   FLAM-2clas_2_1.1_1.0_0
 *     KLAM-chan_1_0_1   KLAM-row_2_0_2   KLAM-col-each_1_0_1   KLMS-1sigma   KLMS-0.25sigma-small_2
 *     FLAM-3clas_2_1_1+KLMS-2sigma
 */
export function printAssignmentName({ level, digits, skip }: AssignmentName): string {
  const groups = digits.map((own) => own.map((digit) => (digit === null ? 'x' : String(digit))).join('_'));
  const skips = skip === undefined ? [] : printSkips(skip);
  if (level.kind === 'llam') {
    if (skips.length > 0 && groups.length === 1) {
      return `${skips.join('+')}${groups[0] === '0' ? '' : `_${groups[0]}`}`;
    }
    return [`LLAM_${groups.join('_')}`, ...skips].join('+');
  }
  const longest = Math.max(...digits.map(({ length }) => length));
  const isTold = level.classes === 'each' || level.classes === longest;
  const head =
    level.kind === 'flam'
      ? level.classes === 'each'
        ? 'FLAM-each'
        : `FLAM-${level.classes}clas`
      : `KLAM-${AXIS_WORDS[level.axis]}${level.classes === 'each' ? '-each' : isTold ? '' : `-${level.classes}`}`;
  const scheme = level.scheme === 'modulo' ? '' : `-${level.scheme}`;
  const uneven = level.isUneven === true ? '-uneven' : '';
  return [`${head}${scheme}${uneven}_${groups.join('.')}`, ...skips].join('+');
}

/**
 * Reads a name that printAssignmentName gives.
 * @param where what the text is called in errors
 * @throws bad-input that names the nearest valid name
 */
export function parseAssignmentName(text: string, where: string): AssignmentName {
  const name = readName(text);
  if (name === undefined) {
    throw badInput(
      {
        where,
        wanted: 'a name such as LLAM_2_1_1_0, FLAM-3clas_2_1_1, KLAM-chan_1_0_1 or KLMS-1sigma',
        found: show(text),
      },
      `The nearest is ${nearestName(text)}.`,
    );
  }
  const { level, digits } = name;
  if (level.kind === 'llam' || level.classes === 'each') return name;
  const { classes } = level;
  const wrong = digits.find(({ length }) => length !== classes && (length !== 1 || digits.length === 1));
  if (wrong === undefined) return name;
  const found = `${wrong.length} in ${show(text)}`;
  const cut = { ...name, level: { ...level, classes: wrong.length }, digits: [wrong] };
  const longer = Array.from({ length: classes }, (_, i) => wrong[i] ?? wrong.at(-1)!);
  const nearest = [printAssignmentName(cut), printAssignmentName({ ...name, digits: [longer] })];
  throw badInput(
    { where, wanted: `${classes} digits, one per class`, found },
    `The nearest are ${nearest.join(' and ')}.`,
  );
}

/** True for what is meant as a name rather than as a file: it starts with LLAM, FLAM, KLAM or KLMS. */
export function looksLikeAssignmentName(text: string): boolean {
  return /^(LLAM|FLAM|KLAM|KLMS)/.test(text) && !/\.json$/i.test(text);
}

const AXIS_WORDS: Readonly<Record<KernelAxis, string>> = { channel: 'chan', row: 'row', column: 'col' };
const AXES_BY_WORD = Object.fromEntries(
  Object.entries(AXIS_WORDS).map(([axis, word]) => [word, axis as KernelAxis]),
);

const NUMBER = String.raw`\d+(?:\.\d+)?(?:e-?\d+)?`;
const GROUP = String.raw`(?:\d{1,3}|x)(?:_(?:\d{1,3}|x))*`;
const SCHEME = `(?:-(contiguous|sensitivity)(-uneven)?|-modulo)?`;
const SKIP_FORM = new RegExp(`^KLMS-(${NUMBER})sigma(-small)?$`);
const LLAM_FORM = new RegExp(`^LLAM_(${GROUP})$`);
const FLAM_FORM = new RegExp(`^FLAM-(?:(\\d{1,3})clas${SCHEME}|each)_(${GROUP}(?:\\.${GROUP})*)$`);
const KLAM_FORM = new RegExp(
  `^KLAM-(chan|row|col)(?:(?:-([1-9]\\d{0,2}))?${SCHEME}|(-each))_(${GROUP}(?:\\.${GROUP})*)$`,
);

function readName(text: string): AssignmentName | undefined {
  const [head = '', ...rest] = text.split('+');
  if (head.startsWith('KLMS-')) {
    const [, rules, digit = '0'] = /^(.*?)(?:_(\d{1,3}|x))?$/.exec(text)!;
    const skip = readSkips(rules!.split('+'));
    return skip && { level: { kind: 'llam' }, digits: readDigits(digit), skip };
  }
  const skip = rest.length === 0 ? {} : readSkips(rest);
  const plain = readLlam(head) ?? readFlam(head) ?? readKlam(head);
  if (plain === undefined || skip === undefined) return undefined;
  return rest.length === 0 ? plain : { ...plain, skip: skip as SkipRule };
}

function readLlam(text: string): AssignmentName | undefined {
  const digits = LLAM_FORM.exec(text)?.[1];
  if (digits === undefined) return undefined;
  return { level: { kind: 'llam' }, digits: digits.split('_').flatMap(readDigits) };
}

function readFlam(text: string): AssignmentName | undefined {
  const [, classes, scheme, uneven, groups] = FLAM_FORM.exec(text) ?? [];
  const rule = groups === undefined ? undefined : classRule(classes ?? 'each', scheme, uneven);
  return rule && { level: { kind: 'flam', ...rule }, digits: readDigits(groups!) };
}

function readKlam(text: string): AssignmentName | undefined {
  const [, word, classes, scheme, uneven, each, groups] = KLAM_FORM.exec(text) ?? [];
  if (groups === undefined) return undefined;
  const digits = readDigits(groups);
  const longest = Math.max(...digits.map(({ length }) => length));
  const rule = classRule(each === undefined ? (classes ?? String(longest)) : 'each', scheme, uneven);
  return rule && { level: { kind: 'klam', axis: AXES_BY_WORD[word!]!, ...rule }, digits };
}

function classRule(classes: string, scheme = 'modulo', uneven?: string) {
  const count = classes === 'each' ? 'each' : Number(classes);
  if (count !== 'each' && (count < 1 || count > MAX_CLASSES)) return undefined;
  const rule = { classes: count, scheme: scheme as ClassScheme } as const;
  return uneven === undefined ? rule : ({ ...rule, isUneven: true } as const);
}

function readDigits(text: string): readonly (readonly (number | null)[])[] {
  return text
    .split('.')
    .map((group) => group.split('_').map((digit) => (digit === 'x' ? null : Number(digit))));
}

function printSkips({ beyondSigma, withinSigma }: SkipRule): readonly string[] {
  return [
    ...(beyondSigma === undefined ? [] : [`KLMS-${beyondSigma}sigma`]),
    ...(withinSigma === undefined ? [] : [`KLMS-${withinSigma}sigma-small`]),
  ];
}

/** One rule of each kind at most. */
function readSkips(texts: readonly string[]): SkipRule | undefined {
  const found: { beyondSigma?: number; withinSigma?: number } = {};
  for (const text of texts) {
    const [, sigmas, small] = SKIP_FORM.exec(text) ?? [];
    const key = small === undefined ? 'beyondSigma' : 'withinSigma';
    if (sigmas === undefined || !(Number(sigmas) > 0) || found[key] !== undefined) return undefined;
    found[key] = Number(sigmas);
  }
  return found as SkipRule;
}

/** The mistyped head of a name replaced by the nearest one. */
function nearestName(text: string): string {
  const [whole = '', ...rest] = text.split('+');
  const at = whole.indexOf('_');
  const [head, digits] = at < 0 ? [whole, '_0'] : [whole.slice(0, at), whole.slice(at)];
  const count = digits.split('.')[0]!.split('_').length - 1;
  const sigmas = Number(/\d+(?:\.\d+)?/.exec(head)?.[0]) || 1;
  const flams = ['', ...CLASS_SCHEMES.slice(1).map((scheme) => `-${scheme}`)];
  const heads = [
    'LLAM',
    ...flams.map((scheme) => `FLAM-${count}clas${scheme}`),
    ...Object.values(AXIS_WORDS).flatMap((word) => flams.map((scheme) => `KLAM-${word}${scheme}`)),
    `KLMS-${sigmas}sigma`,
    `KLMS-${sigmas}sigma-small`,
  ];
  const best = nearestWord(head, heads)!;
  const tail = best.startsWith('KLMS') && at < 0 ? '' : digits;
  const repaired = `${best}${tail}`;
  const candidates = [[repaired, ...rest].join('+'), repaired, `${best}_0`, 'FLAM-3clas_2_1_1'];
  return candidates.find((name) => {
    const read = readName(name);
    return read !== undefined && printAssignmentName(read) === name;
  })!;
}
