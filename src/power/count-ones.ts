/**
 * Ones in `length` words from `start` on. Eight words at a time go through carry-save adders, so that one word in eight
 * is counted bit by bit.
 * Source: H. S. Warren, "Hacker's Delight", 2nd ed., section 5-1, "Counting 1-bits in an array" (Harley and Seal).
 */
export function countOnes(words: Int32Array, start: number, length: number): number {
  const end = start + length;
  let at = start;
  let ones = 0;
  let twos = 0;
  let fours = 0;
  let eights = 0;
  for (; at + 8 <= end; at += 8) {
    const a = words[at]!;
    const b = words[at + 1]!;
    const c = words[at + 2]!;
    const d = words[at + 3]!;
    const e = words[at + 4]!;
    const f = words[at + 5]!;
    const g = words[at + 6]!;
    const h = words[at + 7]!;
    const ab = a ^ b;
    const twosAb = (a & b) | (ab & ones);
    ones ^= ab;
    const cd = c ^ d;
    const twosCd = (c & d) | (cd & ones);
    ones ^= cd;
    const ef = e ^ f;
    const twosEf = (e & f) | (ef & ones);
    ones ^= ef;
    const gh = g ^ h;
    const twosGh = (g & h) | (gh & ones);
    ones ^= gh;
    const abcd = twosAb ^ twosCd;
    const foursAbcd = (twosAb & twosCd) | (abcd & twos);
    twos ^= abcd;
    const efgh = twosEf ^ twosGh;
    const foursEfgh = (twosEf & twosGh) | (efgh & twos);
    twos ^= efgh;
    const all = foursAbcd ^ foursEfgh;
    eights += onesOf((foursAbcd & foursEfgh) | (all & fours));
    fours ^= all;
  }
  let count = 8 * eights + 4 * onesOf(fours) + 2 * onesOf(twos) + onesOf(ones);
  for (; at < end; at++) count += onesOf(words[at]!);
  return count;
}

/** Source: "Hacker's Delight", 2nd ed., figure 5-2. */
function onesOf(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
