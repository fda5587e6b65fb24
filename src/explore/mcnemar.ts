/**
 * Exact two-sided p-value of McNemar's test: how likely a split of the discordant images at least as uneven as this
 * one is when both networks are equally good, so that each discordant image falls to either side like a fair coin.
 * 1 without discordant images; 0 stands for less than 1e-300.
 * Source: Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
 * Psychometrika 12, 1947; the exact form is the sign test of the discordant pairs, P. Armitage, G. Berry,
 * "Statistical Methods in Medical Research", 1994.
 * @param lost images that only the first network has right
 * @param gained images that only the second has right
 */
export function mcnemarPValue(lost: number, gained: number): number {
  const discordant = lost + gained;
  const fewer = Math.min(lost, gained);
  if (2 * fewer === discordant) return 1;
  return Math.min(1, 2 * halfCoinTail(discordant, fewer));
}

/** P(X ≤ heads) of `tosses` fair coins, heads < tosses / 2: from its largest term downwards. */
function halfCoinTail(tosses: number, heads: number): number {
  let logTerm = -tosses * Math.LN2;
  for (let i = 1; i <= heads; i++) logTerm += Math.log((tosses - heads + i) / i);
  let relative = 1;
  let sum = 0;
  for (let k = heads; k >= 0 && relative > 0; k--) {
    sum += relative;
    relative *= k / (tosses - k + 1);
  }
  return Math.exp(logTerm) * sum;
}
