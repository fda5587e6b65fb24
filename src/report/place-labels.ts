/** A rectangle in drawing units; x, y is its upper left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A mark that wants a label. */
export interface Labelled {
  /** Centre of the mark. */
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** Where a label goes. */
export interface PlacedLabel extends Box {
  readonly text: string;
  /** Side of the box that the text keeps to: the one next to the mark. */
  readonly anchor: 'start' | 'middle' | 'end';
  /** True when it is far enough from its mark to want a line to it. */
  readonly needsLeader: boolean;
}

/** Mean width of a character of the 11-unit sans-serif that plots use, in drawing units. */
const CHARACTER_WIDTH = 6.3;
const LABEL_HEIGHT = 13;
const MARK_RADIUS = 7;
const DISTANCES = [11, 21, 32, 46, 62, 80];
const PASSES = 6;

/**
 * Places one label per mark so that labels keep clear of each other, of all marks and of `obstacles`, as near to
 * their marks as that allows. Greedy with repeated improvement; the same input gives the same result.
 */
export function placeLabels(
  marks: readonly Labelled[],
  obstacles: readonly Box[],
  within: Box,
): readonly PlacedLabel[] {
  const markBoxes = marks.map(({ x, y }) => boxAround(x, y, MARK_RADIUS));
  const placed: (PlacedLabel | undefined)[] = marks.map(() => undefined);
  for (let pass = 0; pass < PASSES; pass++) {
    marks.forEach((mark, index) => {
      const others = placed.filter((label, other) => label !== undefined && other !== index) as PlacedLabel[];
      const cost = (label: PlacedLabel & { distance: number }): number =>
        sum(others, (box) => overlap(box, label)) * 8 +
        sum(markBoxes, (box) => overlap(box, label)) * 5 +
        sum(obstacles, (box) => overlap(box, label)) +
        (label.width * label.height - overlap(within, label)) * 20 +
        ambiguity(label, mark, marks) +
        label.distance * 1.2;
      placed[index] = cheapest(candidates(mark), cost);
    });
  }
  return placed as PlacedLabel[];
}

function candidates({ x, y, text }: Labelled): readonly (PlacedLabel & { distance: number })[] {
  const width = text.length * CHARACTER_WIDTH;
  const height = LABEL_HEIGHT;
  return DISTANCES.flatMap((distance, ring) =>
    Array.from({ length: 16 }, (_, step) => {
      const angle = (step / 16) * 2 * Math.PI;
      const dx = Math.cos(angle);
      const dy = Math.sin(angle);
      const centreX = x + dx * distance + (dx * width) / 2;
      const centreY = y + dy * distance + (dy * height) / 2;
      // Beside the mark reads better than above it, and above better than below.
      const taste = Math.abs(dy) * 3 + (dx < -0.1 ? 2 : 0) + (dy > 0.1 ? 1 : 0);
      return {
        text,
        x: centreX - width / 2,
        y: centreY - height / 2,
        width,
        height,
        anchor: dx > 0.3 ? 'start' : dx < -0.3 ? 'end' : 'middle',
        needsLeader: ring > 0,
        distance: distance + taste,
      };
    }),
  );
}

function cheapest<T>(items: readonly T[], cost: (item: T) => number): T {
  let best = items[0] as T;
  let least = cost(best);
  for (const item of items.slice(1)) {
    const own = cost(item);
    if (own < least) {
      best = item;
      least = own;
    }
  }
  return best;
}

/** Penalty for a label that lies nearer to the mark of another design than to its own. */
function ambiguity(label: Box, own: Labelled, marks: readonly Labelled[]): number {
  const reach = gap(label, own);
  return sum(marks, (mark) => (mark === own ? 0 : Math.max(0, reach + 4 - gap(label, mark)) * 4));
}

/** Distance of a mark's centre from a box; 0 inside. */
function gap(box: Box, { x, y }: Labelled): number {
  const dx = Math.max(box.x - x, 0, x - box.x - box.width);
  const dy = Math.max(box.y - y, 0, y - box.y - box.height);
  return Math.hypot(dx, dy);
}

function boxAround(x: number, y: number, radius: number): Box {
  return { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius };
}

function overlap(p: Box, q: Box): number {
  const width = Math.min(p.x + p.width, q.x + q.width) - Math.max(p.x, q.x);
  const height = Math.min(p.y + p.height, q.y + q.height) - Math.max(p.y, q.y);
  return width > 0 && height > 0 ? width * height : 0;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
