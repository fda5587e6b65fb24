/** Codes of a quantised value: (code − zeroPoint) · scale, int8 (codes and zero point of uint8 less 128). */
export interface CodeScale {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Scales and zero points that QuantizeLinear and DequantizeLinear give to layers, and what weights were before. */
export interface OnnxRanges {
  /** By layer, or "input". */
  readonly outputs: Map<string, CodeScale>;
  /** Scale of a step of the int8 weights of a layer, one or one per output channel. */
  readonly weightScales: Map<string, readonly number[]>;
  /** int32 bias of a layer, where it was stored as such. */
  readonly biasCodes: Map<string, BiasCodes>;
  /** Layers that scale an image per channel, by the image's value. */
  readonly images: Map<object, string>;
}

export interface BiasCodes {
  readonly codes: Int32Array;
  /** One or one per output channel. */
  readonly scales: readonly number[];
}

export function createRanges(): OnnxRanges {
  return { outputs: new Map(), weightScales: new Map(), biasCodes: new Map(), images: new Map() };
}
