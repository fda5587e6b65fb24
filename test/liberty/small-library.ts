import type { LibraryModel } from '../../src/liberty/model.ts';
import { parseLiberty } from '../../src/liberty/read-liberty.ts';

/**
 * A made-up library for calculations by hand: 1 V, pF and ps. Delay, transition and energy tables are linear, so a
 * look-up is a sum. Transition of every output: 10 ps + 2 ps/fF. Delay: input transition + 1 ps/fF.
 */
export const SMALL_LIBRARY_TEXT = `/* made up for tests */
library (small) {
  time_unit : "1ps";
  voltage_unit : "1V";
  leakage_power_unit : "1nW";
  capacitive_load_unit (0.001, pf);
  nom_voltage : 1.0;
  nom_temperature : 25;
  lu_table_template (delay) {
    variable_1 : input_net_transition;
    variable_2 : total_output_net_capacitance;
    index_1 ("0, 100");
    index_2 ("0, 10");
  }
  power_lut_template (energy) {
    variable_1 : total_output_net_capacitance;
    variable_2 : input_transition_time;
    index_1 ("0, 10");
    index_2 ("0, 100");
  }
  power_lut_template (hidden) {
    variable_1 : input_transition_time;
    index_1 ("0, 100");
  }
  cell (INV) {
    area : 1;
    cell_leakage_power : 7;
    leakage_power () { when : "!A"; value : 2; }
    leakage_power () { when : "A"; value : 4; }
    pin (A) { direction : input; capacitance : 1; }
    pin (Y) {
      direction : output;
      function : "!A";
      ${timing('A', 'negative_unate')}
      ${power('A', '', 1, 3)}
    }
  }
  cell (NAND) {
    area : 2;
    cell_leakage_power : 5;
    leakage_power () { when : "A & B"; value : 9; }
    pin (A) {
      direction : input;
      capacitance : 1;
      internal_power () {
        when : "!B";
        rise_power (hidden) { values ("0.5, 1.5"); }
        fall_power (hidden) { values ("0.25, 0.25"); }
      }
    }
    pin (B) { direction : input; capacitance : 2; rise_capacitance : 1.5; fall_capacitance : 2; }
    pin (Y) {
      direction : output;
      max_capacitance : 50;
      function : "(A B)'";
      ${timing('A', 'negative_unate')}
      ${timing('B', 'negative_unate')}
      ${power('A', '', 1, 2)}
      ${power('B', '', 4, 8)}
    }
  }
  cell (XOR) {
    area : 3;
    pin (A) { direction : input; capacitance : 1; }
    pin (B) { direction : input; capacitance : 1; }
    pin (Y) {
      direction : output;
      function : "A ^ B";
      ${timing('A B', 'non_unate')}
      ${power('A', 'B', 1, 1)}
      ${power('A', '!B', 2, 2)}
      ${power('B', '', 3, 3)}
    }
  }
  cell (ADD) {
    area : 5;
    pin (A) { direction : input; capacitance : 1; }
    pin (B) { direction : input; capacitance : 1; }
    pin (C) { direction : input; capacitance : 1; }
    pin (S) {
      direction : output;
      function : "A ^ B ^ C";
      ${timing('A B C', 'non_unate')}
      ${power('A', 'B&C', 1, 2)}
      ${power('A', '', 3, 4)}
      ${power('B C', '', 5, 6)}
    }
    pin (CO) {
      direction : output;
      function : "A*B + C*(A + B)";
      ${timing('A B C', 'positive_unate')}
      ${power('A', '!B', 1, 2)}
      ${power('A', 'B', 3, 4)}
      ${power('B C', '', 5, 6)}
    }
  }
  cell (TIE) {
    area : 1;
    cell_leakage_power : 3;
    pin (Y) { direction : output; function : "1"; }
  }
  cell (DFF) {
    area : 6;
    ff (IQ, IQN) { next_state : "D"; clocked_on : "CK"; }
    pin (D) { direction : input; capacitance : 1; }
    pin (CK) { direction : input; capacitance : 1; clock : true; }
    pin (Q) { direction : output; function : "IQ"; }
  }
}
`;

/** The small library, with one piece of its text replaced. */
export function smallLibrary(from = '', to = ''): LibraryModel {
  return parseLiberty(editedLibrary(from, to), 'small.lib');
}

/** Text of the small library with one piece replaced; throws when the piece is not there. */
export function editedLibrary(from: string, to: string): string {
  if (!SMALL_LIBRARY_TEXT.includes(from)) throw new Error(`the small library has no ${from}`);
  return SMALL_LIBRARY_TEXT.replace(from, to);
}

function timing(relatedPins: string, sense: string): string {
  const delay = 'values ("0, 10", "100, 110");';
  const transition = 'values ("10, 30", "10, 30");';
  return `timing () {
        related_pin : "${relatedPins}";
        timing_sense : ${sense};
        cell_rise (delay) { ${delay} }
        cell_fall (delay) { ${delay} }
        rise_transition (delay) { ${transition} }
        fall_transition (delay) { ${transition} }
      }`;
}

/** Energies in fJ, plus 0.01 fJ per ps of input transition and 0.1 fJ per fF of load. */
function power(relatedPins: string, when: string, riseFj: number, fallFj: number): string {
  const table = (fj: number): string => `values ("${fj}, ${fj + 1}", "${fj + 1}, ${fj + 2}");`;
  return `internal_power () {
        related_pin : "${relatedPins}";
        ${when === '' ? '' : `when : "${when}";`}
        rise_power (energy) { ${table(riseFj)} }
        fall_power (energy) { ${table(fallFj)} }
      }`;
}
