import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { afterAll, describe, expect, test } from 'vitest';
import type { Exploration } from '../../src/explore/exploration.ts';
import { renderChart } from '../../src/report/exploration-chart.ts';
import { convergenceChart } from '../../src/report/exploration-convergence.ts';
import { renderFrontCsv } from '../../src/report/exploration-csv.ts';
import { heatmapChart, heatScale } from '../../src/report/exploration-heatmap.ts';
import { renderExplorationHtml } from '../../src/report/exploration-html.ts';
import { bestWithin, klScale, LOSS_BOUNDS_POINTS, lossesOf } from '../../src/report/exploration-loss.ts';
import { paretoChart } from '../../src/report/exploration-pareto.ts';
import { renderPng } from '../../src/report/exploration-png.ts';
import { writeExplorationReport } from '../../src/report/exploration-report.ts';
import { sensitivityChart } from '../../src/report/exploration-sensitivity.ts';
import { bestTable, frontTable, multiplierTable } from '../../src/report/exploration-tables.ts';
import { escapeTex, renderFrontTex } from '../../src/report/exploration-tex.ts';
import { choiceIn, columnsOf, viewExploration } from '../../src/report/exploration-view.ts';
import { sampleExploration, sampleLevels } from './exploration-sample.ts';

const HOSTILE = 'a "net", 50 % <b> & more_$#~^\\{}';
const LLAM = viewExploration(sampleExploration({ points: 12 }));
const FLAM = viewExploration(
  sampleExploration({ level: 'flam', seed: 2, points: 8, outside: ['mul8u_2AC'] }),
);
const ONE = viewExploration(
  sampleExploration({ points: 1, methods: ['greedy'], hasTest: false, streams: ['uniform'] }),
);
const NAMED = viewExploration(rename(sampleExploration({ points: 3 })));
/** References to the outside, and figures that are none. */
const FORBIDDEN = /src=|href="(?!#)|url\(|@import|undefined|NaN|Infinity/;
const LEVELS = viewExploration(sampleLevels({ points: 8 }));
const ALL = { LLAM, FLAM, ONE, NAMED, LEVELS };

/** The same with names that break formats. */
function rename(exploration: Exploration): Exploration {
  return {
    ...exploration,
    network: { ...exploration.network, name: HOSTILE },
    library: { ...exploration.library, name: HOSTILE, notes: [HOSTILE] },
    calibration: { ...exploration.calibration, name: HOSTILE },
    points: exploration.points.map((point) => ({ ...point, name: HOSTILE, command: `maxdnn '${HOSTILE}'` })),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-exploration-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('files', () => {
  const written = writeExplorationReport(LLAM.exploration, folder);

  test('are those that are named, and the same bytes each time', () => {
    const names = ['convergence', 'heatmap', 'pareto', 'sensitivity'];
    const files = readdirSync(folder).sort();
    expect(files).toEqual(
      [
        ...names.flatMap((name) => [`${name}.png`, `${name}.svg`]),
        'exploration.html',
        'front.csv',
        'front.tex',
      ].sort(),
    );
    const before = files.map((file) => readFileSync(join(folder, file)).toString('base64'));
    writeExplorationReport(LLAM.exploration, folder);
    expect(files.map((file) => readFileSync(join(folder, file)).toString('base64'))).toEqual(before);
  });

  test('drawings need nothing from outside and have colours in figures', () => {
    expect(written.svgPaths).toHaveLength(4);
    for (const path of written.svgPaths) {
      const svg = readFileSync(path, 'utf8');
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
      expect(svg.match(FORBIDDEN)).toBeNull();
      expect(svg).not.toContain('var(');
      expect(isBalanced(svg)).toBe(true);
    }
  });

  test('PNGs are the drawings at two pixels per unit, on white, with their text', () => {
    expect(written.pngPaths).toHaveLength(4);
    for (const [index, path] of written.pngPaths.entries()) {
      const svg = readFileSync(written.svgPaths[index]!, 'utf8');
      const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number);
      const png = decode(readFileSync(path));
      expect([png.width, png.height]).toEqual([2 * width!, 2 * height!]);
      expect([...png.data.slice(0, 3)]).toEqual([255, 255, 255]);
    }
    const chart = renderChart(convergenceChart(ONE, 'static'), 'static');
    const dark = (svg: string): number => decode(renderPng(svg)).data.filter((value) => value < 128).length;
    // Without its text a drawing has less ink: the fonts are found.
    expect(dark(chart)).toBeGreaterThan(1.5 * dark(chart.replace(/<text[\s\S]*?<\/text>/g, '')));
  });
});

describe.each(Object.entries(ALL))('page of %s', (_name, view) => {
  const html = renderExplorationHtml(view);

  test('is well-formed and asks for nothing from outside', () => {
    const markup = html.replace(/<script>[\s\S]*<\/script>/, '');
    expect(markup.match(FORBIDDEN)).toBeNull();
    expect(isBalanced(markup)).toBe(true);
    expect(isBalanced(markup.replace('</article>', ''))).toBe(false);
    expect(html).toContain(`script-src 'sha256-`);
  });

  test('names limits first, then every stream with its baseline, and every point with its command', () => {
    const limits = html.indexOf('What the numbers are not');
    expect(limits).toBeGreaterThan(0);
    expect(limits).toBeLessThan(html.indexOf('Where the numbers come from'));
    for (const stream of view.streams) {
      expect(html).toContain(`${stream} against ${view.exploration.baselines[stream]!.design}`);
    }
    const cards = [...html.matchAll(/<article class="point" data-card="(p\d+)" id="point-p\d+">/g)];
    expect(cards.map(([, id]) => id)).toEqual(view.points.map(({ id }) => id));
    for (const { command } of view.points) {
      expect(html).toContain(`<code class="command">${escapeHtml(command)}</code>`);
    }
  });

  test('heat map: a row per point of the front, a cell per layer and class, darker where energy is higher', () => {
    const table = /<table class="heat[\s\S]*?<\/table>/.exec(html)![0];
    const rows = [...table.matchAll(/<tr data-point="(p\d+)">(.*)<\/tr>/g)];
    expect(rows.map(([, id]) => id)).toEqual(view.front.map(({ id }) => id));
    const columns = columnsOf(view);
    const scale = heatScale(view);
    let compared = 0;
    for (const [index, [, , cells]] of rows.entries()) {
      const classes = [...cells!.matchAll(/<td class="(h\d)[^"]*"( colspan="\d")?/g)].flatMap(
        ([, level, span]) => new Array<string>(Number(/\d/.exec(span ?? '1')![0])).fill(level!),
      );
      const energies = columns.map((column) => choiceIn(view, view.front[index]!, column)!.energyPj!);
      expect(classes).toHaveLength(columns.length);
      for (const [at, energy] of energies.entries()) {
        const level = Number(classes[at]!.slice(1));
        expect(scale.bounds[level]!).toBeLessThanOrEqual(energy + 1e-12);
        expect(energy).toBeLessThanOrEqual((scale.bounds[level + 1] ?? scale.largest) + 1e-12);
        compared++;
      }
    }
    expect(compared).toBe(view.front.length * columns.length);
  });
});

test('Pareto plot: every point with figures is one mark at the place of its figures, in every view', () => {
  let marks = 0;
  for (const loss of lossesOf(LLAM)) {
    for (const stream of LLAM.streams) {
      const svg = renderChart(paretoChart(LLAM, loss, stream, 'wide'), 'wide');
      const placed = [...svg.matchAll(/data-point="(p\d+)"[^>]*translate\(([\d.]+) ([\d.]+)\)/g)].map(
        ([, id, x, y]) => ({ point: LLAM.points.find((own) => own.id === id)!, x: Number(x), y: Number(y) }),
      );
      const wanted = LLAM.points.filter((point) => loss.of(point) !== undefined);
      expect(new Set(placed.map(({ point }) => point.id))).toEqual(new Set(wanted.map(({ id }) => id)));
      for (const one of placed) {
        for (const two of placed) {
          const [dx, dSaving] = [
            one.x - two.x,
            one.point.savingPercentByStream[stream]! - two.point.savingPercentByStream[stream]!,
          ];
          if (Math.abs(dx) > 0.11) expect(Math.sign(dx)).toBe(Math.sign(dSaving));
          const [dy, dLoss] = [one.y - two.y, loss.of(one.point)! - loss.of(two.point)!];
          if (Math.abs(dy) > 0.11) expect(Math.sign(dy)).toBe(-Math.sign(dLoss));
        }
      }
      const whiskers = svg.match(/class="whisker" d="M[\d.]+ [\d.]+V[\d.]+M/g) ?? [];
      expect(whiskers).toHaveLength(loss.key === 'test' ? wanted.length : 0);
      expect(svg.match(/<path class="front" d="M[\d.]+ [\d.]+L/g) ?? []).toHaveLength(
        stream === 'layer-stream' ? 1 : 0,
      );
      marks += placed.length;
    }
  }
  expect(marks).toBe(3 * (LLAM.front.length + 2 * LLAM.points.length));
});

test('sensitivity and convergence: a mark per layer and multiplier, and per generation', () => {
  for (const form of ['wide', 'narrow', 'static'] as const) {
    const dots = renderChart(sensitivityChart(LLAM, form), form).match(/data-multiplier=/g);
    expect(dots).toHaveLength(8 * 19);
    const steps = renderChart(convergenceChart(LLAM, form), form).match(/class="dot /g);
    expect(steps).toHaveLength(3 * 12);
  }
  expect(
    renderChart(heatmapChart(FLAM), 'static').match(/<rect class="h\d" x="[\d.]+" y="[\d.]+" width="45"/g),
  ).toHaveLength(FLAM.front.length * 24);
});

describe('what an exploration may lack or have besides', () => {
  const base = LLAM.exploration;

  test('without sensitivities, searches and test results the page has no empty charts and no figures made up', () => {
    const bare = viewExploration({
      ...base,
      sensitivity: [],
      searches: [],
      points: base.points.map(({ test: _test, ...point }) => point),
    });
    const html = renderExplorationHtml(bare);
    expect(html.replace(/<script>[\s\S]*<\/script>/, '').match(FORBIDDEN)).toBeNull();
    expect(html).not.toContain('Convergence of the search');
    expect(html).not.toContain('Which layer stands which multiplier');
    expect(html).toContain('No test images.');
    expect(html.match(/<td class="hx/g)?.length).toBe(bare.front.length * 8 + (bare.points.length + 1) * 8);
    expect(html.match(/class="mark refined/g)?.length).toBe(bare.points.length * 2 * 3 * 2);
    for (const chart of [
      sensitivityChart(bare, 'static'),
      convergenceChart(bare, 'static'),
      heatmapChart(bare),
    ]) {
      expect(renderChart(chart, 'static').match(FORBIDDEN)).toBeNull();
    }
    expect(multiplierTable(bare).lines[0]!.cells.slice(-3)).toEqual([
      'not measured',
      'not measured',
      'not measured',
    ]);
  });

  test('skipped weights, several multipliers in one class and scaled inputs are told', () => {
    const [first, ...others] = base.points;
    const layers = first!.layers.map((own, index) => {
      const { multiplier, multiplications } = own.parts[0]!;
      if (index === 1) return { ...own, parts: [], skippedMultiplications: multiplications };
      if (index === 2) {
        const half = { multiplier: multiplier === 3 ? 4 : 3, multiplications: multiplications / 4 };
        return {
          ...own,
          parts: [{ multiplier, multiplications: (3 * multiplications) / 4 }, half],
          inputScaleFactor: 0.75,
        };
      }
      return own;
    });
    const view = viewExploration({ ...base, points: [{ ...first!, layers }, ...others] });
    const html = renderExplorationHtml(view);
    expect(html).toContain('<td class="note" colspan="1">100.0 % skipped</td>');
    expect(html).toContain('<td class="note" colspan="1">input scale × 0.75</td>');
    expect(html).toContain('<td class="first" title="skipped">–</td>');
    expect(html).toMatch(/, and 1 more in smaller parts">[^<]+(<br>)?[^<]+\+<\/td>/);
    const [heads, line] = parseCsv(renderFrontCsv(view));
    expect(line![heads!.indexOf('conv1')]).toBe('skipped');
  });
});

test('ticks of KL: powers of ten where decimals would not fit', () => {
  const labels = klScale([0.00002, 0.5]).ticks.map(({ label }) => label);
  expect(labels).toEqual(expect.arrayContaining(['0', '10⁻⁵', '10⁻⁴', '0.001', '0.01', '0.1']));
});

test('headline: no other point of the front within the bound saves more', () => {
  let compared = 0;
  for (const view of [LLAM, FLAM]) {
    for (const loss of lossesOf(view).slice(0, 2)) {
      for (const bound of LOSS_BOUNDS_POINTS) {
        const within = view.front.filter((point) => loss.of(point)! <= bound + 1e-9);
        const most = Math.max(...within.map((point) => point.savingPercentByStream['layer-stream']!));
        expect(bestWithin(view, loss, bound)?.savingPercentByStream['layer-stream']).toBe(most);
        compared += within.length;
      }
    }
  }
  expect(compared).toBeGreaterThan(40);
  expect(bestTable(LLAM).lines.map(({ name }) => name)).toEqual([
    '1 point, test',
    '1 point, calibration',
    '2 points, test',
    '2 points, calibration',
    '4 points, test',
    '4 points, calibration',
  ]);
  expect(bestTable(ONE).lines.map(({ name }) => name)).toEqual(
    [1, 2, 4].map((n) => `${n} point${n > 1 ? 's' : ''}, calibration`),
  );
});

test('tables: every line has a cell per head; insignificant changes are marked', () => {
  for (const view of Object.values(ALL)) {
    for (const { heads, lines } of [bestTable(view), frontTable(view), multiplierTable(view)]) {
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.filter(({ cells }) => cells.length !== heads.length)).toEqual([]);
    }
  }
  const marked = frontTable(LLAM).lines.filter(({ cells }) => cells.some((cell) => cell.startsWith('n.s.')));
  const doubtful = LLAM.front.filter(({ test: own }) => own!.pValue >= 0.05 && own!.lost + own!.gained > 0);
  expect(marked.map(({ name }) => name)).toEqual(doubtful.map(({ id }) => id));
  expect(doubtful.length).toBeGreaterThan(2);
  expect(doubtful.length).toBeLessThan(LLAM.front.length);
});

test('CSV: a line per point of the front, all of one width, figures in full, hostile names whole', () => {
  for (const view of Object.values(ALL)) {
    const [heads, ...lines] = parseCsv(renderFrontCsv(view));
    expect(lines).toHaveLength(view.front.length);
    expect(lines.filter((line) => line.length !== heads!.length)).toEqual([]);
    const at = (name: string): number => heads!.indexOf(name);
    for (const [index, line] of lines.entries()) {
      const point = view.front[index]!;
      expect(line[at('point')]).toBe(point.id);
      expect(line[at('name')]).toBe(point.name);
      expect(line[at('command')]).toBe(point.command);
      expect(Number(line[at('kl_nats_calibration')])).toBe(point.calibration.klNats);
      expect(line[at('network')]).toBe(view.exploration.network.name);
    }
  }
  const [heads] = parseCsv(renderFrontCsv(FLAM));
  expect(heads!.filter((head) => /^conv\d\/\d$/.test(head))).toHaveLength(21);
});

describe('LaTeX', () => {
  test.each(Object.entries(ALL))('table of %s is whole', (_name, view) => {
    const tex = renderFrontTex(view);
    expect(texFaults(tex)).toEqual([]);
    expect(tex.split('\n').filter((line) => /^ {4}p\d+ & /.test(line))).toHaveLength(view.front.length);
    for (const stream of view.streams) {
      expect(tex).toContain(escapeTex(view.exploration.baselines[stream]!.design));
    }
    expect(tex).toContain(escapeTex(view.exploration.library.name));
    expect(tex).toContain(escapeTex(view.exploration.calibration.name));
  });

  test('sabotage: what LaTeX would stumble over is noticed', () => {
    const tex = renderFrontTex(LLAM);
    const broken = [
      tex.replace('llam', 'l_lam'),
      tex.replace('llam', '50 % of'),
      tex.replace('llam', '{llam'),
      tex.replace('p001 &', 'p001 & &'),
      tex.replace('\\end{tabular}', ''),
      tex.replace('llam', 'a & b'),
    ];
    expect(broken.map((text) => texFaults(text).length > 0)).toEqual(broken.map(() => true));
  });
});

/** What keeps a table from compiling: braces, environments, special characters in text, cells per row. */
function texFaults(tex: string): readonly string[] {
  const faults: string[] = [];
  // Comments go; an escaped character cannot open or close anything.
  const code = tex.replace(/^%.*$/gm, '').replace(/\\[{}%&#_$]/g, 'x');
  let depth = 0;
  for (const character of code) {
    if (character === '{') depth++;
    if (character === '}' && --depth < 0) break;
  }
  if (depth !== 0) faults.push('braces');
  const names = (word: string): string =>
    [...code.matchAll(new RegExp(`\\\\${word}\\{(\\w+)\\}`, 'g'))]
      .map(([, n]) => n)
      .sort()
      .join();
  if (names('begin') !== names('end')) faults.push('environments');
  const text = code.replace(/\$[^$]*\$/g, '');
  if (/[%#_$^~]/.test(text)) faults.push('special characters');
  // The columns: letters of the format, without what stands between them.
  const format = /\\begin\{tabular\}\{(.*)\}/.exec(code)?.[1]?.replace(/@\{[^}]*\}/g, '') ?? '';
  for (const line of text.split('\n').filter((own) => own.endsWith('\\\\'))) {
    const spanned = [...line.matchAll(/\\multicolumn\{(\d+)\}/g)].reduce(
      (sum, [, n]) => sum + Number(n) - 1,
      0,
    );
    if (line.split('&').length + spanned !== format.length) faults.push(`cells: ${line}`);
  }
  if (
    /&/.test(
      text
        .split('\n')
        .filter((own) => !own.endsWith('\\\\'))
        .join(),
    )
  )
    faults.push('ampersand in text');
  return faults;
}

/** True when every element that is opened is closed in its place. */
function isBalanced(markup: string): boolean {
  const open: string[] = [];
  for (const [, slash, name, rest] of markup.matchAll(/<(\/?)([a-z][\w-]*)((?:[^>"]|"[^"]*")*)>/gi)) {
    if (rest!.endsWith('/') || /^(meta|br|input)$/.test(name!)) continue;
    if (slash === '') open.push(name!);
    else if (open.pop() !== name) return false;
  }
  return open.length === 0;
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

/** Source: RFC 4180. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const lines: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    lines.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === '\r\n') lines.push([]);
  }
  return lines.slice(0, -1);
}
