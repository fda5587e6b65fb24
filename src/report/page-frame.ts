import { createHash } from 'node:crypto';
import type { Statement } from './content.ts';
import { escapeMarkup } from './escape-markup.ts';
import { PAGE_STYLE } from './style.ts';

/** A page of the toolkit: what stands in its head, and its body as ready HTML. */
export interface Page {
  /** Plain text; also the first heading. */
  readonly title: string;
  /** One line below the heading, plain text. */
  readonly lede?: string;
  /** Rules on top of the common style. */
  readonly style?: string;
  /** HTML between the heading and the footer, one block per entry. */
  readonly blocks: readonly string[];
  /** Plain text. */
  readonly footer: string;
  /** JavaScript that runs when the page is there; the page must be readable without. */
  readonly script?: string;
}

/**
 * One HTML page that needs nothing from outside and is allowed nothing from outside: its policy lets only its own style
 * apply and only the very script run that it was written with.
 */
export function renderPage({ title, lede, style, blocks, footer, script }: Page): string {
  const scripts = script === undefined ? '' : `; script-src 'sha256-${scriptDigest(script)}'`;
  return [
    '<!DOCTYPE html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'${scripts}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeMarkup(title)}</title>`,
    `<style>${PAGE_STYLE}${style === undefined ? '' : `\n${style}`}</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<h1>${escapeMarkup(title)}</h1>`,
    ...(lede === undefined ? [] : [`<p class="lede">${escapeMarkup(lede)}</p>`]),
    ...blocks,
    `<footer>${escapeMarkup(footer)}</footer>`,
    '</main>',
    ...(script === undefined ? [] : [`<script>${script}</script>`]),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

/** The card that says where the figures come from. */
export function renderSources(statements: readonly Statement[]): string {
  return `<section class="card"><h2>Where the numbers come from</h2><dl class="sources">${renderPairs(statements)}</dl></section>`;
}

/** The card that says what the figures are not. */
export function renderLimits(statements: readonly Statement[]): string {
  return `<section class="card limits"><h2>What the numbers are not</h2>${renderStatements(statements, '')}</section>`;
}

/** Terms and what they mean, to stand within a `dl`. */
export function renderPairs(statements: readonly Statement[]): string {
  return statements
    .map(({ lead, text }) => `<dt>${escapeMarkup(lead)}</dt><dd>${escapeMarkup(text)}</dd>`)
    .join('\n');
}

/** A list whose leads are bold. */
export function renderStatements(statements: readonly Statement[], className: string): string {
  const items = statements.map(
    ({ lead, text }) => `<li><strong>${escapeMarkup(lead)}</strong> ${escapeMarkup(text)}</li>`,
  );
  return `<ul${className === '' ? '' : ` class="${className}"`}>\n${items.join('\n')}\n</ul>`;
}

/** A drawing in a box that scrolls sideways where it must. */
export function renderScrollingFigure(title: string, svg: string): string {
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeMarkup(title)}"><figure>${svg}</figure></div>`;
}

/** As a Content-Security-Policy names a script. */
function scriptDigest(script: string): string {
  return createHash('sha256').update(script).digest('base64');
}
