import { describe, expect, it } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { lookUpConstraint, lookUpTable } from '../../src/liberty/lookup-table.ts';
import { parseLiberty } from '../../src/liberty/read-liberty.ts';
import { ASAP7_STYLE, IHP_STYLE, MACRO_STYLE, SKY130_STYLE } from './open-library-styles.ts';
import { smallLibrary } from './small-library.ts';

describe('a library as sky130 writes it', () => {
  const library = parseLiberty(SKY130_STYLE, 'sky.lib');

  it('is read in our units', () => {
    expect(library).toMatchObject({ name: 'sky_like', voltageV: 1.8, temperatureC: 25 });
    const { pins, leakage } = library.cells.get('inv_1')!;
    expect(pins.get('A')).toMatchObject({
      capacitanceFf: 2.3,
      riseCapacitanceFf: 2.4,
      fallCapacitanceFf: 2.2,
      isClock: false,
    });
    expect(leakage.states.map(({ leakageNw }) => leakageNw)).toEqual([0.5, 0.25]);
    const output = pins.get('Y')!;
    expect(output.maxCapacitanceFf).toBe(65);
    // The indices of the table count, not those of the template; 0.001 pJ = 1 fJ.
    expect(lookUpTable(output.power[0]!.fallFj!, 0.01, 0.5)).toBeCloseTo(1, 9);
    expect(lookUpTable(output.power[0]!.riseFj!, 1.5, 100)).toBeCloseTo(16, 9);
    expect(lookUpTable(output.timing[0]!.rise!.delayNs, 0.01, 10)).toBeCloseTo(0.12, 9);
    expect(lookUpTable(output.timing[0]!.fall!.transitionNs, 1.5, 0.5)).toBeCloseTo(0.24, 9);
    expect(lookUpTable(pins.get('A')!.power[0]!.fallFj!, 1.5, 0)).toBeCloseTo(-2, 9);
  });

  it('keeps what flip-flops need: clear, states with IQ, clock energy, constraints', () => {
    const { flipFlop, leakage, pins, storage } = library.cells.get('sdfrtp_1')!;
    expect(storage).toBe('flip-flop');
    expect(flipFlop).toMatchObject({
      state: 'IQ',
      stateInverted: 'IQ_N',
      clockedOn: { kind: 'pin', name: 'CLK' },
      clear: { kind: 'not' },
    });
    expect(leakage.states).toHaveLength(1);
    const clock = pins.get('CLK')!;
    expect(clock.isClock).toBe(true);
    expect(clock.power).toHaveLength(1);
    expect(clock.power[0]!.when).toMatchObject({ kind: 'and' });
    expect(lookUpTable(clock.power[0]!.riseFj!, 0.3, 5)).toBeCloseTo(20, 9);
    expect(clock.constraints.map(({ type }) => type)).toEqual(['min_pulse_width']);
    const [setup] = pins.get('D')!.constraints;
    expect(setup).toMatchObject({ relatedPin: 'CLK', type: 'setup_rising', when: { kind: 'not' } });
    // Rows of the file are the related pin's transitions: at constrained 1.2 and related 0.01 it says 2.
    expect(lookUpConstraint(setup!.rise!, 1.2, 0.01)).toBeCloseTo(2, 9);
    expect(lookUpConstraint(setup!.fall!, 0.02, 1.5)).toBeCloseTo(7, 9);
  });

  it('names what is special', () => {
    expect(library.notes).toEqual([
      'physical only, no signal pins: 1 cell (decap_3)',
      'scan cell, taken with all its pins: 1 cell (sdfrtp_1)',
      'no delay tables: 1 cell (sdfrtp_1)',
    ]);
  });
});

describe('a library as asap7 writes it', () => {
  const library = parseLiberty(ASAP7_STYLE, 'asap.lib');

  it('is read in our units', () => {
    const { pins, leakage, inputs } = library.cells.get('NANDx1')!;
    expect(inputs).toEqual(['A', 'B']);
    expect(leakage.defaultNw).toBeCloseTo(0.04, 12);
    expect(leakage.states).toHaveLength(1);
    expect(leakage.states[0]!.leakageNw).toBeCloseTo(0.173, 12);
    const { timing, power } = pins.get('Y')!;
    expect(timing.map(({ relatedPin }) => relatedPin)).toEqual(['A', 'B']);
    expect(lookUpTable(timing[1]!.rise!.delayNs, 0.01, 1)).toBeCloseTo(0.003, 12);
    expect(lookUpTable(timing[1]!.rise!.transitionNs, 0.005, 2)).toBeCloseTo(0.02, 12);
    expect(lookUpTable(timing[1]!.fall!.delayNs, 7, 7)).toBeCloseTo(0.0075, 12);
    expect(power.map(({ relatedPin, relatedPgPin }) => [relatedPin, relatedPgPin])).toEqual([
      ['A', 'VDD'],
      ['B', 'VDD'],
      ['A', 'VSS'],
      ['B', 'VSS'],
    ]);
    expect(lookUpTable(power[0]!.riseFj!, 0.01, 2)).toBeCloseTo(0.4, 12);
    expect(lookUpTable(power[0]!.fallFj!, 0.01, 2)).toBeCloseTo(0.4, 12);
    expect(lookUpTable(power[2]!.fallFj!, 0.3, 9)).toBeCloseTo(0.07, 12);
  });

  it('names what is special', () => {
    expect(library.notes).toEqual([
      'slew_derate_from_library 0.5 is not applied: transition times are those of the tables',
      '1 scaling factors (k_…) are not applied: figures are those of the tables',
      'internal_power of a ground pin too, added to that of the supply as OpenSTA does: 1 cell (NANDx1)',
      'not read: current-source delay models (CCS, ECSM): 1 cell (NANDx1)',
    ]);
  });
});

it('a library as IHP writes it: storage and physical cells are told apart and named', () => {
  const { cells, notes, leftOut } = parseLiberty(IHP_STYLE, 'ihp.lib');
  expect([...cells.values()].map(({ name, storage }) => [name, storage])).toEqual([
    ['tiehi', 'none'],
    ['antennanp', 'none'],
    ['fill_1', 'none'],
    ['lgcp_1', 'statetable'],
    ['dlhq_1', 'latch'],
    ['ebufn_2', 'none'],
  ]);
  expect(leftOut.size).toBe(0);
  expect(cells.get('tiehi')).toMatchObject({ dontUse: true, inputs: [], outputs: ['L_HI'] });
  expect(cells.get('dlhq_1')!.pins.get('D')!.capacitanceFf).toBe(6);
  expect(cells.get('ebufn_2')!.pins.get('Z')!.isThreeState).toBe(true);
  expect(notes).toEqual([
    'physical only, no signal pins: 1 cell (fill_1)',
    'statetable (e.g. a clock gate), which no stage simulates: 1 cell (lgcp_1)',
    'no internal_power: 3 cells (lgcp_1, dlhq_1, ebufn_2)',
    'no delay tables: 3 cells (lgcp_1, dlhq_1, ebufn_2)',
    'no leakage of its own, the default of the library is taken: 3 cells (lgcp_1, dlhq_1, ebufn_2)',
    'latch, which no stage simulates: 1 cell (dlhq_1)',
    'three-state output, which no stage simulates: 1 cell (ebufn_2)',
  ]);
});

it('cells with buses, bundles, banks, several flip-flops or unknown axes are left out by name', () => {
  const { cells, leftOut, notes, voltageV } = parseLiberty(MACRO_STYLE, 'macro.lib');
  expect([...cells.keys()]).toEqual(['dff']);
  expect(cells.get('dff')!.pins.get('CK')!.isClock).toBe(true);
  expect(voltageV).toBe(1.62);
  expect(Object.fromEntries(leftOut)).toEqual({
    sram128x8: 'bus pin Q of type bus8 is not supported',
    dff2: 'storage of several bits (ff_bank) is not supported',
    mux_bundle: 'bundle pin D is not supported',
    two_ff: '2 ff or latch groups are not supported',
    ha: 'rise_power of pin S: a table over equal_or_opposite_output_net_capacitance is not supported',
  });
  expect(notes).toEqual([
    ...[...leftOut].map(([cell, reason]) => `cell ${cell} left out: ${reason}`),
    'delay_model generic_cmos is not supported: only NLDM tables are read',
    'not read: scaled cells and scaling factors: 1 cell (dff)',
    'nom_voltage 1.98 is not that of the default operating conditions, 1.62, which count',
    'constraint tables over related_out_total_output_net_capacitance are not read: 1 cell (dff)',
    'no internal_power: 1 cell (dff)',
    'no delay tables: 1 cell (dff)',
    'no leakage of its own, the default of the library is taken: 1 cell (dff)',
  ]);
});

describe('the small library', () => {
  it('has its cells without power tables named', () => {
    expect(smallLibrary().notes).toEqual([
      'no leakage of its own, the default of the library is taken: 3 cells (XOR, ADD, DFF)',
      'no internal_power: 1 cell (DFF)',
      'no delay tables: 1 cell (DFF)',
    ]);
  });

  it('keeps the last of two cells of one name and says so', () => {
    const second = 'cell (TIE) { area : 9; pin (Y) { direction : output; function : "0"; } }';
    const library = smallLibrary('cell (DFF) {', `${second}\ncell (DFF) {`);
    expect(library.cells.get('TIE')!.areaUm2).toBe(9);
    expect(library.notes).toContain('there more than once, the last one counts: 1 cell (TIE)');
  });

  it('is refused when a part of it is in another file', () => {
    const read = (): unknown => smallLibrary('nom_voltage', 'include_file (cells.inc); nom_voltage');
    expect(read).toThrow(MaxdnnError);
    expect(read).toThrow('small.lib:7: wanted the whole library in one file, found include_file (cells.inc)');
  });

  it('is not left out when only one table of it has a foreign axis: the cell is', () => {
    const cell = (name: string, template: string): string =>
      `cell (${name}) { pin (A) { direction : input; } pin (Y) { direction : output; function : "A";
         timing () { related_pin : A; cell_rise (${template}) { values ("1, 2"); } rise_transition (scalar) { values ("1"); } } } }`;
    const library = parseLiberty(
      `${MINIMAL_HEADER} lu_table_template (odd) { variable_1 : output_net_length; index_1 ("1, 2"); }
       lu_table_template (even) { variable_1 : input_net_transition; index_1 ("1, 2"); }
       ${cell('I', 'odd')} ${cell('J', 'even')} }`,
      'x.lib',
    );
    expect([...library.cells.keys()]).toEqual(['J']);
    expect(library.cells.get('J')!.pins.get('Y')!.timing).toHaveLength(1);
    expect(library.notes[0]).toBe(
      'cell I left out: cell_rise of pin Y: a table over output_net_length is not supported',
    );
  });
});

const MINIMAL_HEADER =
  'library (x) { time_unit : "1ns"; voltage_unit : "1V"; capacitive_load_unit (1, pf); nom_voltage : 1; nom_temperature : 25;';
