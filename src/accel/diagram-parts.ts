/** Pieces of the block diagram as SVG. */
export const INK = '#1b1f24';
const MEMORY_FILL = '#e3efe3';
export const BOX_FILL = '#ffffff';

type Point = readonly [x: number, y: number];

/** A named area that boxes lie in. */
export function area(
  x: number,
  y: number,
  width: number,
  height: number,
  name: string,
  fill: string,
): string {
  return `${frame(x, y, width, height, fill)}\n${text(x + 14, y + 24, name, 'start', 14, true)}`;
}

/** A box with a title and lines of text in its middle. */
export function box(
  x: number,
  y: number,
  width: number,
  height: number,
  title: string,
  lines: readonly string[],
): string {
  return filledBox(x, y, width, height, BOX_FILL, title, lines);
}

/** A memory with its size. */
export function memory(
  x: number,
  y: number,
  width: number,
  height: number,
  title: string,
  size: string,
  bytes: number,
) {
  return filledBox(x, y, width, height, MEMORY_FILL, title, [size, kib(bytes)]);
}

function filledBox(
  x: number,
  y: number,
  width: number,
  height: number,
  fill: string,
  title: string,
  lines: readonly string[],
): string {
  const middle = x + width / 2;
  const first = y + height / 2 - 9 * lines.length + 5;
  return [
    frame(x, y, width, height, fill),
    text(middle, first, title, 'middle', 14, true),
    ...lines.map((content, index) => text(middle, first + 19 + 17 * index, content, 'middle')),
  ].join('\n');
}

/** An empty box. */
export function frame(x: number, y: number, width: number, height: number, fill: string): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="4" fill="${fill}" stroke="${INK}"/>`;
}

/** One line of text. */
export function text(
  x: number,
  y: number,
  content: string,
  anchor: 'start' | 'middle' | 'end',
  size = 12,
  isBold = false,
): string {
  const weight = isBold ? ' font-weight="bold"' : '';
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="${size}" fill="${INK}"${weight}>${content}</text>`;
}

function line(points: readonly Point[], markers = ''): string {
  const path = points.map(([x, y]) => `${x},${y}`).join(' ');
  return `<polyline points="${path}" fill="none" stroke="${INK}" stroke-width="1.5"${markers}/>`;
}

/** A line with a tip at its end, or at both. */
export function arrow(points: readonly Point[], isBoth = false): string {
  return line(points, `${isBoth ? ' marker-start="url(#tip)"' : ''} marker-end="url(#tip)"`);
}

/** A size in bytes or KiB. */
export function kib(bytes: number): string {
  return bytes < 1024 ? `${Math.ceil(bytes)} bytes` : `${Math.round((bytes / 1024) * 10) / 10} KiB`;
}
