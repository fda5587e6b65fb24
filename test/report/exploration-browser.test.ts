import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Exploration } from '../../src/explore/exploration.ts';
import { cellLines } from '../../src/report/design-label.ts';
import { renderExplorationHtml } from '../../src/report/exploration-html.ts';
import { viewExploration } from '../../src/report/exploration-view.ts';
import { sampleExploration } from './exploration-sample.ts';

const CHROMIUM = '/usr/bin/chromium';
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Without a browser the tests are skipped, visibly; with REQUIRE_TOOLS=1 they fail. */
const isMissing = process.env.REQUIRE_TOOLS !== '1' && !existsSync(CHROMIUM);

const EXPLORATION = withHostileCommands(sampleExploration({ level: 'flam', seed: 2, points: 6 }));

/** Commands with everything that a shell, HTML or the clipboard could spoil. */
function withHostileCommands(exploration: Exploration): Exploration {
  const points = exploration.points.map((point) => ({
    ...point,
    command: `maxdnn evaluate --model 'a  <b>&amp; "c".json' --assign ${point.assignmentFile} # ²\\n`,
  }));
  return { ...exploration, points };
}

describe.skipIf(isMissing)('page of an exploration in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'maxdnn-exploration-browser-'));
  const htmlPath = join(folder, 'exploration.html');
  const requests: string[] = [];
  const complaints: string[] = [];
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    writeFileSync(htmlPath, renderExplorationHtml(viewExploration(EXPLORATION)));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
    context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      offline: true,
      hasTouch: true,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    page = await context.newPage();
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(pathToFileURL(htmlPath).href);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const visible = (id: string): string => `.explorer svg:visible .mark[data-point="${id}"]`;
  const setLook = async (width: number, colorScheme: 'light' | 'dark'): Promise<void> => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
  };
  /** Points that have a mark in the view that shows, evenly over the front. */
  const chosen = (count: number): Exploration['points'] => {
    const front = EXPLORATION.points.filter(({ id }) => EXPLORATION.front.includes(id));
    return Array.from(
      { length: count },
      (_, i) => front[Math.round((i * (front.length - 1)) / (count - 1))]!,
    );
  };

  test.each([
    [1280, 'light'],
    [1280, 'dark'],
    [400, 'light'],
    [400, 'dark'],
  ] as const)('%i px, %s: nothing sticks out, all text stands out', async (width, scheme) => {
    await setLook(width, scheme);
    const found = await page.evaluate<Measured>(MEASURE_PAGE);
    expect(found.scrollWidth).toBeLessThanOrEqual(width);
    expect(found.charts).toBe(3);
    expect(found.pairs.length).toBeGreaterThan(12);
    expect(found.texts).toBeGreaterThan(500);
    expect(found.pairs.filter(({ contrast }) => contrast < 4.5)).toEqual([]);
    // Letters of the charts are not scaled away.
    expect(found.smallestText).toBeGreaterThanOrEqual(8.5);
  });

  test('pointing at a mark shows its assignment; leaving goes back to what was chosen', async () => {
    await setLook(1280, 'light');
    const points = chosen(6);
    for (const point of points) {
      await page.locator(visible(point.id)).hover({ force: true });
      const cells = await page
        .locator('#shown tbody tr')
        .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
      const wanted = point.layers.map(({ layer, parts }) => [
        layer,
        ...parts.map(({ multiplier }) => cellLines(EXPLORATION.multipliers[multiplier]!.spec).join(' ')),
      ]);
      expect(cells).toEqual(wanted);
      expect(await page.locator('#shown h3').textContent()).toContain(point.id);
      const ring = await page.locator('.explorer svg:visible .ring').getAttribute('transform');
      expect(ring).toBe(await page.locator(visible(point.id)).getAttribute('transform'));
    }
    expect(new Set(points.map(({ id }) => id)).size).toBe(6);
  });

  test('a click copies the command of the point, and says so', async () => {
    const point = chosen(5)[2]!;
    await page.locator(visible(point.id)).click({ force: true });
    await expect.poll(() => page.locator('#said').textContent()).toBe(`Copied: the command of ${point.id}`);
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(point.command);
    await page.mouse.move(5, 5);
    expect(await page.locator('#shown').getAttribute('data-point')).toBe(point.id);
  });

  test('keys: Tab reaches the plot, arrows go along it, Enter copies', async () => {
    await page.locator('#stream-layer-stream').focus();
    await page.keyboard.press('Tab');
    const focused = 'document.activeElement.dataset.point';
    const bySaving = EXPLORATION.points
      .filter(({ test: own }) => own !== undefined)
      .toSorted(
        (p, q) => p.savingPercentByStream['layer-stream']! - q.savingPercentByStream['layer-stream']!,
      );
    expect(await page.evaluate(focused)).toBe(bySaving[0]!.id);
    for (const next of [1, 2, 3]) {
      await page.keyboard.press('ArrowRight');
      expect(await page.evaluate(focused)).toBe(bySaving[next]!.id);
    }
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toMatch(
      new RegExp(
        `^${bySaving[3]!.id}: saving [−\\d.]+ % on layer-stream, accuracy .* points on test images$`,
      ),
    );
    expect(await page.locator('#shown').getAttribute('data-point')).toBe(bySaving[3]!.id);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#said').textContent()).toContain(bySaving[3]!.id);
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(bySaving[3]!.command);
  });

  test('toggles: one view at a time, that of the loss and stream that are chosen', async () => {
    const choices = [
      ...['kl', 'calibration', 'test'].map((loss) => [loss, 'layer-stream']),
      ...['uniform', 'layer-iid', 'layer-stream'].map((stream) => ['test', stream]),
    ] as const;
    for (const [loss, stream] of choices) {
      await page.locator(`#loss-${loss}`).check();
      await page.locator(`#stream-${stream}`).check();
      const shown = await page
        .locator('.view:visible')
        .evaluateAll((views) => views.map((view) => view.className));
      expect(shown).toEqual([`view view-${loss}-${stream}`]);
    }
    expect(choices).toHaveLength(6);
  });

  test('on a phone a tap copies; without the clipboard interface, by selection', async () => {
    await setLook(400, 'light');
    await page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error("no"))');
    const point = chosen(4)[1]!;
    await page.locator(visible(point.id)).tap({ force: true });
    await expect.poll(() => page.locator('#said').textContent()).toBe(`Copied: the command of ${point.id}`);
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(point.command);
  });

  test('links of the heat map lead to the card', async () => {
    const point = chosen(3)[1]!;
    await page.locator(`#heat a[href="#point-${point.id}"]`).click();
    expect(await page.locator(`#point-${point.id}`).isVisible()).toBe(true);
    expect(await page.locator('#shown').getAttribute('data-point')).toBe(point.id);
  });

  test('sabotage: pale text and what is too wide are noticed', async () => {
    const style = await page.addStyleTag({
      content: '.chart .tick{fill:var(--hair)!important}h1{width:900px}.chart text{font-size:5px!important}',
    });
    const found = await page.evaluate<Measured>(MEASURE_PAGE);
    await style.evaluate((own) => (own as unknown as { remove(): void }).remove());
    expect(found.pairs.filter(({ contrast }) => contrast < 4.5)).toHaveLength(1);
    expect(found.scrollWidth).toBeGreaterThan(400);
    expect(found.smallestText).toBeLessThan(8.5);
  });

  test('nothing was asked of the network, and the browser had nothing to complain of', () => {
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatch(/^file:.*exploration\.html$/);
    expect(complaints).toEqual([]);
  });

  test('without scripts: plots with tooltips, toggles and all commands', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, offline: true });
    const bare = await plain.newPage();
    await bare.goto(pathToFileURL(htmlPath).href);
    expect(await bare.locator('.explorer svg:visible .mark title').count()).toBe(
      EXPLORATION.points.filter(({ test: own }) => own !== undefined).length,
    );
    await bare.locator('#loss-kl').check();
    expect(await bare.locator('.view-kl-layer-stream').isVisible()).toBe(true);
    expect(await bare.locator('.points .command').allTextContents()).toEqual(
      EXPLORATION.points.map(({ command }) => command),
    );
    expect(await bare.locator('button:visible').count()).toBe(0);
    await plain.close();
  });
});

interface Measured {
  readonly scrollWidth: number;
  /** Drawings that show. */
  readonly charts: number;
  readonly pairs: readonly { readonly key: string; readonly contrast: number; readonly example: string }[];
  /** Elements with text of their own that show. */
  readonly texts: number;
  /** Of drawings, CSS pixels. */
  readonly smallestText: number;
}

/**
 * Runs in the page: how wide it is, and the contrast of each pair of text and background colour that shows.
 * Source: W3C, "Web Content Accessibility Guidelines 2.1", relative luminance and contrast ratio.
 */
const MEASURE_PAGE = `(() => {
  const parse = (colour) => {
    const parts = colour.match(/[\\d.]+/g).map(Number);
    const scale = colour.startsWith('color(') ? 255 : 1;
    return { rgb: parts.slice(0, 3).map((value) => value * scale), alpha: parts[3] ?? 1 };
  };
  const backgroundOf = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.alpha > 0) layers.push(colour);
      if (colour.alpha === 1) break;
    }
    return layers.reverse().reduce((below, { rgb, alpha }) => rgb.map((value, i) => alpha * value + (1 - alpha) * below[i]), [255, 255, 255]);
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = new Map();
  let texts = 0;
  let smallestText = Infinity;
  for (const element of document.body.querySelectorAll('*')) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '')) continue;
    if (element.closest('title, script, style') || element.getClientRects().length === 0) continue;
    const style = getComputedStyle(element);
    const isDrawn = element instanceof SVGElement;
    const text = parse(isDrawn ? style.fill : style.color).rgb;
    const background = backgroundOf(isDrawn ? element.closest('figure') : element);
    texts++;
    if (isDrawn) {
      const svg = element.ownerSVGElement;
      smallestText = Math.min(smallestText, parseFloat(style.fontSize) * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width);
    }
    const [one, two] = [luminance(text), luminance(background)];
    const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    const key = text.join() + ' on ' + background.map(Math.round).join();
    if (!found.has(key)) found.set(key, { key, contrast, example: element.textContent.trim().slice(0, 40) });
  }
  return {
    scrollWidth: document.documentElement.scrollWidth,
    charts: [...document.querySelectorAll('svg')].filter((svg) => svg.getClientRects().length > 0).length,
    pairs: [...found.values()],
    texts,
    smallestText,
  };
})()`;
