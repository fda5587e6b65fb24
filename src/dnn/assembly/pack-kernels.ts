/**
 * Packs codes: a mask for every 8 of them, bit i set where code i is not 0; behind all masks the codes that are not 0.
 * Writes at most 8 bytes more than it returns.
 * @param codes      i8 [count]
 * @param out        u8 [ceil(count / 8) + codes that are not 0]
 * @param selections u8 [256][8], of each mask the places of its bits
 * @returns bytes of `out`
 */
export function packCodes(codes: usize, count: i32, out: usize, selections: usize): i32 {
  const end = codes + <usize>(count & ~7);
  const rest = count & 7;
  let mask = out;
  let to = out + <usize>((count + 7) >> 3);
  for (; codes < end; codes += 8) {
    to = packEight(codes, 255, mask, to, selections);
    mask++;
  }
  if (rest > 0) to = packEight(codes, (1 << rest) - 1, mask, to, selections);
  return <i32>(to - out);
}

/** Packs those of 8 codes that `wanted` has; returns the place behind them. */
function packEight(codes: usize, wanted: i32, mask: usize, to: usize, selections: usize): usize {
  const eight = v128.load64_zero(codes);
  const used = ~i8x16.bitmask(i8x16.eq(eight, i8x16.splat(0))) & wanted;
  store<u8>(mask, <u8>used);
  v128.store64_lane(to, i8x16.swizzle(eight, v128.load64_zero(selections + ((<usize>used) << 3))), 0);
  return to + <usize>popcnt(used);
}

/**
 * The codes that packCodes packed. Reads at most 8 bytes behind `packed`, writes zeroes up to a multiple of 8 codes.
 * @param places u8 [256][8], of each mask for each bit the number of bits below it, 128 where it is not set
 */
export function unpackCodes(packed: usize, count: i32, codes: usize, places: usize): void {
  const end = packed + <usize>((count + 7) >> 3);
  let from = end;
  for (let mask = packed; mask < end; mask++) {
    const used = <i32>load<u8>(mask);
    v128.store64_lane(
      codes,
      i8x16.swizzle(v128.load64_zero(from), v128.load64_zero(places + ((<usize>used) << 3))),
      0,
    );
    from += <usize>popcnt(used);
    codes += 8;
  }
}
