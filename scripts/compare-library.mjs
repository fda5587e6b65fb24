// Compares two Liberty files cell by cell: node scripts/compare-library.mjs OTHER.lib[.gz] [OURS.lib]
// Ratios are ours / other over the cells that both have; build first (scripts/build).
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../dist/base/package-root.js';
import { readLiberty } from '../dist/liberty/read-liberty.js';
import { lookUpTable } from '../dist/liberty/lookup-table.js';

const SLEWS_NS = [0.01, 0.02, 0.04, 0.08];
const LOAD_SHARES = [1 / 32, 1 / 16, 1 / 8, 1 / 4];
const COLUMNS = ['delay', 'transition', 'pinCap', 'energy', 'leakage', 'area'];

/** Per shared cell the ratios ours / other; a column is absent where one of the two has no such figure. */
export function compareLibraries(ours, other) {
  const rows = [];
  for (const [name, mine] of ours.cells) {
    const theirs = other.cells.get(name);
    if (theirs === undefined) continue;
    rows.push({ name, ...compareCells(mine, theirs) });
  }
  return rows;
}

function compareCells(mine, theirs) {
  const sums = Object.fromEntries(COLUMNS.map((c) => [c, [0, 0]]));
  const add = (column, a, b) => {
    if (a === undefined || b === undefined) return;
    sums[column][0] += a;
    sums[column][1] += b;
  };
  add('area', mine.areaUm2, theirs.areaUm2);
  add('leakage', mine.leakage.defaultNw, theirs.leakage.defaultNw);
  for (const input of mine.inputs) {
    add('pinCap', mine.pins.get(input)?.capacitanceFf, theirs.pins.get(input)?.capacitanceFf);
  }
  for (const output of mine.outputs) {
    const [a, b] = [mine.pins.get(output), theirs.pins.get(output)];
    if (a === undefined || b === undefined) continue;
    const maxLoad = Math.min(a.maxCapacitanceFf, b.maxCapacitanceFf);
    for (const input of mine.inputs) {
      for (const slew of SLEWS_NS) {
        for (const share of LOAD_SHARES) {
          const at = (table) => lookUpTable(table, slew, share * maxLoad);
          for (const edge of ['rise', 'fall']) {
            for (const [column, quantity] of [['delay', 'delayNs'], ['transition', 'transitionNs']]) {
              add(column, timing(a, input, edge, quantity, at), timing(b, input, edge, quantity, at));
            }
          }
          add('energy', energy(a, input, at), energy(b, input, at));
        }
      }
    }
  }
  return Object.fromEntries(COLUMNS.flatMap((c) => (sums[c][1] > 0 ? [[c, sums[c][0] / sums[c][1]]] : [])));
}

/** Mean over the senses of the worst arc, as a static timer would see it. */
function timing(pin, input, edge, quantity, at) {
  const arcs = pin.timing.filter((t) => t.relatedPin === input && t[edge] !== undefined);
  const bySense = Map.groupBy ? Map.groupBy(arcs, (t) => t.sense) : groupBySense(arcs);
  if (bySense.size === 0) return undefined;
  const worst = [...bySense.values()].map((same) => Math.max(...same.map((t) => at(t[edge][quantity]))));
  return worst.reduce((sum, v) => sum + v, 0) / worst.length;
}

function groupBySense(arcs) {
  const groups = new Map();
  for (const arc of arcs) groups.set(arc.sense, [...(groups.get(arc.sense) ?? []), arc]);
  return groups;
}

/** Mean over the states and over rise and fall. */
function energy(pin, input, at) {
  const arcs = pin.power.filter((p) => p.relatedPin === input && p.riseFj && p.fallFj);
  if (arcs.length === 0) return undefined;
  return arcs.reduce((sum, p) => sum + (at(p.riseFj) + at(p.fallFj)) / 2, 0) / arcs.length;
}

function print(rows) {
  const cell = (v) => (v === undefined ? '-' : v.toFixed(2)).padStart(11);
  const line = (name, values) => process.stdout.write(`${name.padEnd(12)}${values.map(cell).join('')}\n`);
  process.stdout.write(`${'ours / other'.padEnd(12)}${COLUMNS.map((c) => c.padStart(11)).join('')}\n`);
  for (const row of rows) line(row.name, COLUMNS.map((c) => row[c]));
  const measured = COLUMNS.map((c) => rows.map((r) => r[c]).filter((v) => v !== undefined));
  line('mean', measured.map((v) => v.reduce((sum, x) => sum + x, 0) / v.length));
  line('least', measured.map((v) => Math.min(...v)));
  line('greatest', measured.map((v) => Math.max(...v)));
  process.stdout.write(`${rows.length} shared cells\n`);
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [other, ours = join(PACKAGE_ROOT, 'synth', 'maxdnn45_typ.lib')] = process.argv.slice(2);
  if (other === undefined) {
    process.stderr.write('usage: node scripts/compare-library.mjs OTHER.lib[.gz] [OURS.lib]\n');
    process.exit(2);
  }
  print(compareLibraries(readLiberty(ours), readLiberty(other)));
}
