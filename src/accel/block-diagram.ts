import { designName } from '../multiplier/spec.ts';
import { type ArraySpec, headerWords } from './array-spec.ts';
import { area, arrow, BOX_FILL, box, frame, INK, kib, memory, text } from './diagram-parts.ts';
import { memoryPortBits } from './generate-shell.ts';

const WIDTH = 1240;
const HEIGHT = 800;

const SHELL_FILL = '#eef3f8';
const CORE_FILL = '#f6f2e8';

/** Block diagram of an accelerator with its parameters, as SVG for a screen of 1280 pixels and for print. */
export function renderBlockDiagram(spec: ArraySpec): string {
  const { rows, columns, lanes, accumulatorBits, accumulatorDepth, addressBits } = spec;
  const wordBits = memoryPortBits(spec);
  const parts = [
    area(20, 60, 1200, 270, 'maxdnn_shell', SHELL_FILL),
    area(20, 370, 1200, 410, 'maxdnn_core', CORE_FILL),

    box(50, 110, 200, 90, 'Registers', ['identity, control, status', 'bases, counters, interrupt']),
    box(360, 110, 220, 90, 'Sequencer', ['fetch, launch, wait, record', 'soft reset, errors']),
    box(360, 240, 220, 60, 'Counters', ['256 descriptors, 6 counts']),
    box(700, 110, 220, 190, 'DMA', [
      'loads and stores at once',
      'bursts of at most 16 beats',
      'one read, one write in flight',
      'descriptor: 64 words',
    ]),

    memory(
      50,
      420,
      220,
      80,
      'Weight SRAM',
      `${spec.weightWords} × ${8 * columns} bit`,
      columns * spec.weightWords,
    ),
    memory(
      990,
      550,
      200,
      80,
      'Parameter SRAM',
      `${spec.parameterWords} × ${64 * lanes} bit`,
      8 * lanes * spec.parameterWords,
    ),
    memory(
      700,
      420,
      220,
      80,
      'Activation SRAM',
      `${spec.activationWords} × ${8 * rows} bit`,
      rows * spec.activationWords,
    ),

    box(50, 580, 160, 80, 'Loader', [`header: ${words(headerWords(spec))}`, 'shadow weights']),
    box(330, 420, 200, 80, 'Edge', ['padding, operand map', 'skew']),
    ...array(spec),
    box(650, 610, 220, 90, 'Accumulators', [
      `${columns} × 2 banks × ${accumulatorDepth}`,
      `${accumulatorBits} bit, ${kib((columns * 2 * accumulatorDepth * accumulatorBits) / 8)}`,
    ]),
    box(990, 680, 200, 80, 'Requantiser', [
      `${lanes} ${lanes === 1 ? 'lane' : 'lanes'}`,
      '32 × 16 bit multipliers',
    ]),
    box(990, 420, 200, 80, 'Vector unit', ['add, pool, fill']),

    // Outside
    text(50, 34, 'AXI4-Lite, 32 bit', 'start', 13),
    arrow(
      [
        [150, 44],
        [150, 110],
      ],
      true,
    ),
    text(810, 34, `AXI4, 64 bit data, ${addressBits} bit addresses`, 'middle', 13),
    arrow(
      [
        [810, 44],
        [810, 110],
      ],
      true,
    ),
    text(215, 34, 'irq_o', 'start', 13),
    arrow([
      [225, 110],
      [225, 44],
    ]),

    // Shell
    arrow([
      [250, 140],
      [360, 140],
    ]),
    text(305, 132, 'start, bases', 'middle'),
    arrow([
      [360, 175],
      [250, 175],
    ]),
    text(305, 193, 'status', 'middle'),
    arrow(
      [
        [580, 155],
        [700, 155],
      ],
      true,
    ),
    text(640, 147, 'transfers', 'middle'),
    arrow([
      [470, 200],
      [470, 240],
    ]),
    arrow([
      [360, 270],
      [150, 270],
      [150, 200],
    ]),
    text(255, 262, 'counts', 'middle'),

    // Shell to core
    arrow(
      [
        [580, 185],
        [640, 185],
        [640, 370],
      ],
      true,
    ),
    text(630, 322, 'descriptor, start, done', 'end'),
    arrow(
      [
        [810, 300],
        [810, 420],
      ],
      true,
    ),
    arrow([
      [810, 350],
      [160, 350],
      [160, 420],
    ]),
    arrow([
      [810, 350],
      [1212, 350],
      [1212, 590],
      [1190, 590],
    ]),
    text(820, 322, `memory port, ${wordBits} bit`, 'start'),

    // Core
    arrow([
      [130, 500],
      [130, 580],
    ]),
    text(140, 545, `${8 * columns} bit`, 'start'),
    arrow([
      [210, 620],
      [290, 620],
    ]),
    text(250, 612, 'rows', 'middle'),
    arrow([
      [700, 460],
      [530, 460],
    ]),
    text(615, 452, `${8 * rows} bit`, 'middle'),
    arrow([
      [430, 500],
      [430, 560],
    ]),
    arrow([
      [570, 655],
      [650, 655],
    ]),
    text(610, 647, 'sums', 'middle'),
    arrow([
      [870, 680],
      [930, 680],
      [930, 720],
      [990, 720],
    ]),
    text(925, 742, `${lanes} × ${accumulatorBits} bit`, 'middle'),
    arrow([
      [1090, 630],
      [1090, 680],
    ]),
    arrow([
      [1040, 680],
      [1040, 660],
      [960, 660],
      [960, 480],
      [920, 480],
    ]),
    text(952, 545, 'codes', 'end'),
    arrow(
      [
        [920, 440],
        [990, 440],
      ],
      true,
    ),
    text(955, 432, 'codes', 'middle'),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="DejaVu Sans, Verdana, sans-serif">
<title>${rows} × ${columns} MAC array with its shell</title>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="${INK}"/></marker></defs>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
}

/** The elements: corner ones drawn, the rest dots. */
function array(spec: ArraySpec): readonly string[] {
  const { rows, columns, elements, multipliers } = spec;
  const [top, cell, pitch] = [596, 22, 32];
  const left = 430 - (pitch * Math.min(columns, 7)) / 2;
  const cells: string[] = [];
  for (let row = 0; row < 4; row++) {
    for (let column = 0; column < 7; column++) {
      const isGap = (column === 5 && columns > 7) || (row === 2 && rows > 4);
      const [x, y] = [left + pitch * column + 5, top + 24 * row + 8];
      if (column >= columns || row >= rows) continue;
      if (isGap) cells.push(`<circle cx="${x + cell / 2}" cy="${y + 8}" r="2" fill="${INK}"/>`);
      else
        cells.push(
          `<rect x="${x}" y="${y}" width="${cell}" height="16" rx="2" fill="#dfe8f5" stroke="${INK}"/>`,
        );
    }
  }
  const first = designName(multipliers[0]!).replace(/^mul_/, '');
  const more = multipliers.length > 1 ? ` and ${multipliers.length - 1} more` : '';
  return [
    frame(290, 560, 280, 190, BOX_FILL),
    text(430, 582, `${rows} × ${columns} elements, ${elements}`, 'middle', 14, true),
    ...cells,
    text(430, 716, shorten(`${first}${more}`, 38), 'middle'),
    text(430, 734, `weight on port ${spec.weightPort}, sums of ${spec.accumulatorBits} bit`, 'middle'),
  ];
}

function words(count: number): string {
  return count === 1 ? '1 word' : `${count} words`;
}

function shorten(content: string, most: number): string {
  return content.length <= most ? content : `${content.slice(0, most - 1)}…`;
}
