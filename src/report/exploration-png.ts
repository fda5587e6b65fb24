import { createRequire } from 'node:module';
import { MaxdnnError } from '../base/errors.ts';

const require = createRequire(import.meta.url);

/** Text is set in these fonts on every machine, whatever fonts it has itself. */
const FONT_FILES = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'];

/** Pixels per drawing unit. */
const ZOOM = 2;

/**
 * A self-contained drawing as PNG, two pixels per unit, on white.
 * @throws tool-missing where @resvg/resvg-js has no program for this machine
 */
export function renderPng(svg: string): Uint8Array {
  const { Resvg } = loadResvg();
  const drawing = new Resvg(svg, {
    background: '#ffffff',
    fitTo: { mode: 'zoom', value: ZOOM },
    font: {
      loadSystemFonts: false,
      fontFiles: FONT_FILES.map((file) => require.resolve(`dejavu-fonts-ttf/ttf/${file}`)),
      defaultFontFamily: 'DejaVu Sans',
    },
  });
  return drawing.render().asPng();
}

/** Only when a drawing is asked for: it is machine code, and nothing else may fail without it. */
function loadResvg(): typeof import('@resvg/resvg-js') {
  try {
    return require('@resvg/resvg-js') as typeof import('@resvg/resvg-js');
  } catch (cause) {
    throw new MaxdnnError('tool-missing', '@resvg/resvg-js, which draws PNGs, cannot be loaded', {
      hint: 'Run npm install again on this machine.',
      cause,
    });
  }
}
