/** Exports of dist/dnn/kernels.wasm; arguments are byte offsets and counts (docs in assembly/kernels.ts). */
export interface KernelFunctions {
  convDirect(
    ...args: [
      image: number,
      pixelOffsets: number,
      pixels: number,
      blockEnds: number,
      blocks: number,
      segments: number,
      weights: number,
      bias: number,
      out: number,
    ]
  ): void;
  convGrouped(
    ...args: [
      image: number,
      termBytes: number,
      terms: number,
      weights: number,
      out: number,
      oh: number,
      ow: number,
      cout: number,
      padded: number,
      perGroup: number,
      cin: number,
      kh: number,
      kw: number,
      cp: number,
      rowBytes: number,
      strideRowBytes: number,
      stridePixelBytes: number,
    ]
  ): void;
  convDepthwise(
    ...args: [
      image: number,
      termBytes: number,
      terms: number,
      weights: number,
      out: number,
      oh: number,
      ow: number,
      padded: number,
      kh: number,
      kw: number,
      pixelBytes: number,
      rowBytes: number,
      strideRowBytes: number,
      stridePixelBytes: number,
    ]
  ): void;
  requantiseAround(
    ...args: [
      accumulators: number,
      bias: number,
      multipliers: number,
      shifts: number,
      out: number,
      pixels: number,
      channels: number,
      padded: number,
      isTflite: number,
      zero: number,
      low: number,
      high: number,
    ]
  ): void;
  winogradInput2(
    ...args: [
      image: number,
      rowBytes: number,
      channels: number,
      tileRows: number,
      tileColumns: number,
      out: number,
      positionBytes: number,
    ]
  ): void;
  winogradInput4(
    ...args: [
      image: number,
      rowBytes: number,
      channels: number,
      tileRows: number,
      tileColumns: number,
      scratch: number,
      out: number,
      positionBytes: number,
    ]
  ): void;
  winogradInputStride2(
    ...args: [
      image: number,
      rowBytes: number,
      channels: number,
      tileRows: number,
      tileColumns: number,
      scratch: number,
      out: number,
      positionBytes: number,
    ]
  ): void;
  winogradProducts(
    ...args: [
      size: number,
      positions: number,
      transformed: number,
      positionBytes: number,
      blockEnds: number,
      blocks: number,
      segments: number,
      weights: number,
      bias: number,
      scratch: number,
      out: number,
      tileRows: number,
      tileColumns: number,
    ]
  ): void;
  convTable(
    ...args: [
      image: number,
      pixelOffsets: number,
      pixels: number,
      filterEnds: number,
      filters: number,
      taps: number,
      bias: number,
      out: number,
      padded: number,
    ]
  ): void;
  biasCodes(input: number, out: number, rows: number, rowCodes: number, rowBytes: number): void;
  mapRounded(
    ...args: [
      input: number,
      out: number,
      rows: number,
      rowCodes: number,
      rowBytes: number,
      lead: number,
      drop: number,
      cap: number,
      table: number,
    ]
  ): void;
  mapCodes(
    ...args: [input: number, out: number, rows: number, rowCodes: number, rowBytes: number, table: number]
  ): void;
  requantise(
    ...args: [
      accumulators: number,
      rowBytes: number,
      factors: number,
      out: number,
      height: number,
      width: number,
      channels: number,
      padded: number,
      zero: number,
      low: number,
      high: number,
    ]
  ): void;
  requantiseWide(accumulators: number, factors: number, out: number, count: number): void;
  addBias(accumulators: number, bias: number, pixels: number, padded: number): void;
  permuteCodes(input: number, out: number, lanes: number, pixels: number, channels: number): void;
  addCodes(
    ...args: [
      a: number,
      b: number,
      out: number,
      count: number,
      aFactor: number,
      bFactor: number,
      shift: number,
      low: number,
      high: number,
    ]
  ): void;
  averageCodes(
    ...args: [
      input: number,
      out: number,
      width: number,
      channels: number,
      oh: number,
      ow: number,
      kh: number,
      kw: number,
      sy: number,
      sx: number,
      multiplier: number,
      shift: number,
      low: number,
      high: number,
    ]
  ): void;
  padCodes(input: number, out: number, pixels: number, channels: number, before: number, after: number): void;
  reluCodes(input: number, out: number, count: number): void;
  packCodes(codes: number, count: number, out: number, selections: number): number;
  unpackCodes(packed: number, count: number, codes: number, places: number): void;
  convFloat(
    ...args: [
      image: number,
      weights: number,
      bias: number,
      out: number,
      oh: number,
      ow: number,
      blocks: number,
      kh: number,
      rowLength: number,
      rowBytes: number,
      strideRowBytes: number,
      stridePixelBytes: number,
    ]
  ): void;
  gramRows(
    ...args: [
      p: number,
      q: number,
      out: number,
      m: number,
      n: number,
      samples: number,
      first: number,
      end: number,
    ]
  ): void;
}
