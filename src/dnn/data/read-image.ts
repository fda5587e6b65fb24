import { convertIndexedToRgb, type DecodedPng, decode as decodePng } from 'fast-png';
import { decode as decodeJpeg } from 'jpeg-js';
import { show } from '../../base/errors.ts';

/** A decoded image. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** u8, height × width × RGB. */
  readonly pixels: Uint8Array;
}

const PNG_START = Buffer.from([0x89, 0x50, 0x4e, 0x47]);
const JPEG_START = Buffer.from([0xff, 0xd8, 0xff]);
const JPEG_SCAN = Buffer.from([0xff, 0xda]);
const JPEG_END = Buffer.from([0xff, 0xd9]);

/**
 * Decodes a PNG (8 bits: RGB, grey, indexed, or with an alpha channel that is opaque everywhere) or a JPEG.
 * The colours of a JPEG with subsampled chroma are repeated, not interpolated: libjpeg's values differ (docs/datasets.md).
 * @returns the image, or what is wrong with the file, to be put after "found"
 */
export function readImage(content: Buffer): RgbImage | string {
  if (starts(content, PNG_START)) return readPng(content);
  if (starts(content, JPEG_START)) return readJpeg(content);
  return content.length === 0
    ? 'an empty file'
    : `a file that starts ${content.subarray(0, 4).toString('hex')}`;
}

function readPng(content: Buffer): RgbImage | string {
  let png: DecodedPng;
  try {
    png = decodePng(content, { checkCrc: true });
  } catch (error) {
    return `a damaged PNG (${reason(error)})`;
  }
  const { width, height } = png;
  if (png.palette !== undefined) {
    const colours = convertIndexedToRgb(png);
    return withoutAlpha(width, height, colours, colours.length / (width * height));
  }
  if (png.depth !== 8) return `a PNG with ${png.depth} bits per channel`;
  if (png.transparency !== undefined) return 'a PNG with transparent pixels';
  return withoutAlpha(width, height, png.data as Uint8Array, png.channels);
}

function withoutAlpha(width: number, height: number, data: Uint8Array, channels: number): RgbImage | string {
  const pixels = new Uint8Array(width * height * 3);
  const hasAlpha = channels === 2 || channels === 4;
  const step = channels < 3 ? 0 : 1;
  for (let i = 0; i < width * height; i++) {
    const from = i * channels;
    if (hasAlpha && data[from + channels - 1] !== 255) return 'a PNG with transparent pixels';
    for (let c = 0; c < 3; c++) pixels[i * 3 + c] = data[from + c * step]!;
  }
  return { width, height, pixels };
}

function readJpeg(content: Buffer): RgbImage | string {
  // The decoder takes missing data for zeros.
  if (content.lastIndexOf(JPEG_END) < content.lastIndexOf(JPEG_SCAN)) return 'a JPEG that is cut off';
  try {
    const { width, height, data } = decodeJpeg(content, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
    });
    return { width, height, pixels: data };
  } catch (error) {
    return `a damaged JPEG (${reason(error)})`;
  }
}

function starts(content: Buffer, start: Buffer): boolean {
  return content.subarray(0, start.length).equals(start);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : show(error);
}
