import type { LibraryModel } from '../../src/liberty/model.ts';
import { parseLiberty } from '../../src/liberty/read-liberty.ts';
import { SMALL_LIBRARY_TEXT } from '../liberty/small-library.ts';

/**
 * The small library with sequential cells for calculations by hand. Clock-to-output delay: clock transition +
 * 1 ps/fF. Q costs 6 fJ as it rises and 7 as it falls, QN 8 and 9, plus 0.01 fJ per ps of clock transition and
 * 0.1 fJ per fF of load. D costs 2 (rise) and 3 (fall) plus 0.01 fJ/ps while the clock is low, 0.5 and 0.25 while it
 * is high. The clock pin costs, rise and fall: D = Q = 0: 1.5, 1.75; D = Q = 1: 1, 1.25; D = 1, Q = 0: 2, 4; D = 0,
 * Q = 1: 2.5, 5.
 */
export function registerLibrary(): LibraryModel {
  const end = SMALL_LIBRARY_TEXT.lastIndexOf('}');
  return parseLiberty(`${SMALL_LIBRARY_TEXT.slice(0, end)}${CELLS}}`, 'registers.lib');
}

const ASYNC_ARC = `internal_power () { related_pin : "RN"; fall_power (energy) { values ("20, 21", "21, 22"); } }`;
const RESET_PIN = `pin (RN) {
      direction : input;
      capacitance : 1;
      internal_power () {
        when : "!Q";
        rise_power (hidden) { values ("0.7, 0.7"); }
        fall_power (hidden) { values ("0.9, 0.9"); }
      }
    }`;

const CELLS = `
  ${flipFlop('FF', 'next_state : "D"; clocked_on : "CK";', 'rising_edge', '', '')}
  ${flipFlop('FFN', 'next_state : "D"; clocked_on : "!CK";', 'falling_edge', '', '')}
  ${flipFlop('FFR', 'next_state : "D"; clocked_on : "CK"; clear : "!RN";', 'rising_edge', RESET_PIN, ASYNC_ARC)}
  ${flipFlop('FFB', 'next_state : "D"; clocked_on : "CK"; clear : "!RN"; preset : "!RN";', 'rising_edge', RESET_PIN, '')}
  ${flipFlop('FFX', 'next_state : "D"; clocked_on : "CK D";', 'rising_edge', '', '')}
  cell (LATCH) {
    latch (IQ, IQN) { data_in : "D"; enable : "G"; }
    pin (D) { direction : input; capacitance : 1; }
    pin (G) { direction : input; capacitance : 1; }
    pin (Q) { direction : output; function : "IQ"; }
  }
  cell (GATE) {
    statetable ("CK E", "IQ") { table : "L L : - : L, L H : - : H, H - : - : N"; }
    pin (CK) { direction : input; capacitance : 1; }
    pin (E) { direction : input; capacitance : 1; }
    pin (IQ) { direction : internal; internal_node : "IQ"; }
    pin (GCK) { direction : output; state_function : "CK & IQ"; }
  }
`;

function flipFlop(name: string, ff: string, edge: string, morePins: string, moreArcs: string): string {
  const constant = (when: string, rise: number, fall: number): string => `internal_power () {
        when : "${when}";
        rise_power (hidden) { values ("${rise}, ${rise}"); }
        fall_power (hidden) { values ("${fall}, ${fall}"); }
      }`;
  return `cell (${name}) {
    area : 6;
    cell_leakage_power : 100;
    leakage_power () { when : "!CK & !D & !Q"; value : 10; }
    leakage_power () { when : "!CK & !D & Q"; value : 20; }
    leakage_power () { when : "!CK & D & !Q"; value : 30; }
    leakage_power () { when : "!CK & D & Q & !QN"; value : 40; }
    leakage_power () { when : "CK & !D & !Q"; value : 50; }
    leakage_power () { when : "CK & !D & Q"; value : 60; }
    leakage_power () { when : "CK & D & !Q"; value : 70; }
    ff (IQ, IQN) { ${ff} }
    pin (D) {
      direction : input;
      capacitance : 1;
      internal_power () {
        when : "!CK";
        rise_power (hidden) { values ("2, 3"); }
        fall_power (hidden) { values ("3, 4"); }
      }
      ${constant('CK', 0.5, 0.25)}
    }
    pin (CK) {
      direction : input;
      clock : true;
      capacitance : 1.5;
      ${constant('!D & !Q', 1.5, 1.75)}
      ${constant('D & Q', 1, 1.25)}
      ${constant('D & !Q', 2, 4)}
      ${constant('!D & Q', 2.5, 5)}
    }
    ${morePins}
    ${output('Q', 'IQ', edge, 6, 7, moreArcs)}
    ${output('QN', 'IQN', edge, 8, 9, '')}
  }`;
}

function output(pin: string, state: string, edge: string, rise: number, fall: number, more: string): string {
  const energy = (fj: number): string => `values ("${fj}, ${fj + 1}", "${fj + 1}, ${fj + 2}");`;
  const delay = 'values ("0, 10", "100, 110");';
  const transition = 'values ("10, 30", "10, 30");';
  return `pin (${pin}) {
      direction : output;
      function : "${state}";
      timing () {
        related_pin : "CK";
        timing_type : ${edge};
        timing_sense : non_unate;
        cell_rise (delay) { ${delay} }
        cell_fall (delay) { ${delay} }
        rise_transition (delay) { ${transition} }
        fall_transition (delay) { ${transition} }
      }
      internal_power () {
        related_pin : "CK";
        rise_power (energy) { ${energy(rise)} }
        fall_power (energy) { ${energy(fall)} }
      }
      ${more}
    }`;
}
