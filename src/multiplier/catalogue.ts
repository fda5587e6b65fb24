import type { ExactFamily, MultiplierSpec } from './spec.ts';

/** A named design of the built-in catalogue. */
export interface CatalogueEntry {
  readonly spec: MultiplierSpec;
  /** Why it is in the catalogue, one line. */
  readonly note: string;
}

const exact = (family: ExactFamily): MultiplierSpec => ({
  family,
  aBits: 8,
  bBits: 8,
  aSigned: true,
  bSigned: true,
});
const roup = (P: number, ...r: readonly number[]): MultiplierSpec => ({ family: 'roup', bits: 8, P, r });
const narrow = (aBits: number, bBits: number): MultiplierSpec => ({
  family: 'narrow',
  bits: 8,
  aBits,
  bBits,
  architecture: 'baugh-wooley',
});

/**
 * Designs of the demo chain: exact baselines, ROUP with uniform and asymmetric r for P = 0 … 3, and beside every
 * uniform ROUP the narrower exact multiplier that it equals. Dated 2026-11.
 */
export const CATALOGUE: readonly CatalogueEntry[] = [
  { spec: exact('booth'), note: 'exact baseline, radix-4 Booth with Dadda compression' },
  { spec: exact('baugh-wooley'), note: 'exact baseline, Baugh-Wooley array with Dadda compression' },
  { spec: exact('behavioural'), note: 'exact baseline, a * b left to the synthesis tool' },
  { spec: roup(0, 2, 2, 2, 2), note: 'rounding only, mild' },
  { spec: narrow(6, 8), note: 'exact twin of P0 r2' },
  { spec: roup(0, 4, 2, 0, 0), note: 'asymmetric rounding, symmetric set' },
  { spec: roup(0, 5, 3, 1, 0), note: 'asymmetric rounding' },
  { spec: roup(0, 6, 4, 2, 0), note: 'asymmetric rounding, symmetric set' },
  { spec: roup(0, 7, 5, 3, 1), note: 'asymmetric rounding, strong' },
  { spec: roup(1, 0, 0, 0), note: 'perforation only' },
  { spec: narrow(8, 6), note: 'exact twin of P1 r0' },
  { spec: roup(1, 3, 1, 0), note: 'perforation with asymmetric rounding' },
  { spec: roup(1, 2, 2, 2), note: 'perforation with uniform rounding' },
  { spec: narrow(6, 6), note: 'exact twin of P1 r2' },
  { spec: roup(2, 2, 0), note: 'strong perforation with asymmetric rounding' },
  { spec: roup(2, 4, 4), note: 'strong perforation and rounding' },
  { spec: narrow(4, 4), note: 'exact twin of P2 r4' },
  { spec: roup(3, 4), note: 'one Booth digit left' },
  { spec: narrow(4, 2), note: 'exact twin of P3 r4' },
];
