/**
 * Sums of products of rows: out[i][j] += Σ over the samples of p[i][s] · q[j][s], 4 × 2 rows at a time.
 * @param p   i16 [m][samples], m a multiple of 4, samples a multiple of 8
 * @param q   i16 [n][samples], n a multiple of 2
 * @param out i32 [m][n]
 * @param first,end samples to take, multiples of 8; few enough that their rows stay in the cache
 */
export function gramRows(
  p: usize,
  q: usize,
  out: usize,
  m: i32,
  n: i32,
  samples: i32,
  first: i32,
  end: i32,
): void {
  const rowBytes = (<usize>samples) << 1;
  const from = (<usize>first) << 1;
  const length = (<usize>(end - first)) << 1;
  for (let i = 0; i < m; i += 4) {
    const p0 = p + <usize>i * rowBytes + from;
    const p1 = p0 + rowBytes;
    const p2 = p1 + rowBytes;
    const p3 = p2 + rowBytes;
    for (let j = 0; j < n; j += 2) {
      const q0 = q + <usize>j * rowBytes + from;
      const q1 = q0 + rowBytes;
      let a0 = i32x4.splat(0);
      let a1 = i32x4.splat(0);
      let b0 = i32x4.splat(0);
      let b1 = i32x4.splat(0);
      let c0 = i32x4.splat(0);
      let c1 = i32x4.splat(0);
      let d0 = i32x4.splat(0);
      let d1 = i32x4.splat(0);
      for (let at: usize = 0; at < length; at += 16) {
        const x0 = v128.load(q0 + at);
        const x1 = v128.load(q1 + at);
        let y = v128.load(p0 + at);
        a0 = i32x4.add(a0, i32x4.dot_i16x8_s(y, x0));
        a1 = i32x4.add(a1, i32x4.dot_i16x8_s(y, x1));
        y = v128.load(p1 + at);
        b0 = i32x4.add(b0, i32x4.dot_i16x8_s(y, x0));
        b1 = i32x4.add(b1, i32x4.dot_i16x8_s(y, x1));
        y = v128.load(p2 + at);
        c0 = i32x4.add(c0, i32x4.dot_i16x8_s(y, x0));
        c1 = i32x4.add(c1, i32x4.dot_i16x8_s(y, x1));
        y = v128.load(p3 + at);
        d0 = i32x4.add(d0, i32x4.dot_i16x8_s(y, x0));
        d1 = i32x4.add(d1, i32x4.dot_i16x8_s(y, x1));
      }
      const o0 = out + ((<usize>(i * n + j)) << 2);
      const rowOut = (<usize>n) << 2;
      addPair(o0, a0, a1);
      addPair(o0 + rowOut, b0, b1);
      addPair(o0 + 2 * rowOut, c0, c1);
      addPair(o0 + 3 * rowOut, d0, d1);
    }
  }
}

function addPair(at: usize, first: v128, second: v128): void {
  store<i32>(at, load<i32>(at) + sumOf(first));
  store<i32>(at, load<i32>(at, 4) + sumOf(second), 4);
}

function sumOf(lanes: v128): i32 {
  return (
    i32x4.extract_lane(lanes, 0) +
    i32x4.extract_lane(lanes, 1) +
    i32x4.extract_lane(lanes, 2) +
    i32x4.extract_lane(lanes, 3)
  );
}
