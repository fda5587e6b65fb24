/**
 * Made-up libraries in the ways of writing of open ones: which units, templates, groups and quoting they use. The
 * numbers are ours; what is checked is that they come out in our units.
 */

/** Quoted names and numbers, pF, power over transition × load, leakage with `when` only, supplies and wells, scan. */
export const SKY130_STYLE = `
library ("sky_like") {
    define(def_sim_opt,library,string);
    define(sim_opt,timing,string);
    technology("cmos");
    delay_model : "table_lookup";
    bus_naming_style : "%s[%d]";
    time_unit : "1ns";
    voltage_unit : "1V";
    leakage_power_unit : "1nW";
    current_unit : "1mA";
    pulling_resistance_unit : "1kohm";
    capacitive_load_unit(1.0000000000, "pf");
    default_input_pin_cap : 0.0;
    default_max_transition : 1.5;
    operating_conditions ("tt_025C_1v80") { voltage : 1.8000000000; process : 1.0; temperature : 25.0; tree_type : "balanced_tree"; }
    default_operating_conditions : "tt_025C_1v80";
    wire_load("Small") { capacitance : 1.42e-05; slope : 8.3631; fanout_length( 1, 23.2746); fanout_length( 2, 32.1136); }
    default_wire_load : "Small" ;
    power_lut_template ("power_inputs_1") { variable_1 : "input_transition_time"; index_1("1, 2"); }
    power_lut_template ("power_outputs_1") {
        variable_1 : "input_transition_time";
        variable_2 : "total_output_net_capacitance";
        index_1("1, 2");
        index_2("1, 2, 3");
    }
    lu_table_template ("del_1_2_3") {
        variable_1 : "input_net_transition";
        variable_2 : "total_output_net_capacitance";
        index_1("1, 2");
        index_2("1, 2, 3");
    }
    lu_table_template ("constraint_2") { variable_1 : "related_pin_transition"; index_1("1, 2"); }
    lu_table_template ("constraint_2_2") {
        variable_1 : "related_pin_transition";
        variable_2 : "constrained_pin_transition";
        index_1("1, 2");
        index_2("1, 2");
    }
    lu_table_template ("driver_waveform_template") { variable_1 : "input_net_transition"; variable_2 : "normalized_voltage"; }
    normalized_driver_waveform ("driver_waveform_template") { driver_waveform_name : "ramp"; index_1("0.01, 0.02"); }
    cell ("inv_1") {
        leakage_power () { value : 0.5; when : "A"; }
        leakage_power () { value : 0.25; when : "!A"; }
        area : 3.7536;
        cell_footprint : "inv";
        cell_leakage_power : 0.375;
        driver_waveform_fall : "ramp";
        pg_pin ("VGND") { pg_type : "primary_ground"; related_bias_pin : "VPB"; voltage_name : "VGND"; }
        pg_pin ("VPB") { pg_type : "nwell"; physical_connection : "device_layer"; voltage_name : "VPB"; }
        pg_pin ("VPWR") { pg_type : "primary_power"; related_bias_pin : "VPB"; voltage_name : "VPWR"; }
        pin ("A") {
            capacitance : 0.0023;
            clock : "false";
            direction : "input";
            fall_capacitance : 0.0022;
            rise_capacitance : 0.0024;
            fall_capacitance_range (0.002, 0.0025);
            related_ground_pin : "VGND";
            related_power_pin : "VPWR";
            internal_power () {
                fall_power ("power_inputs_1") { index_1("0.01, 1.5"); values("-0.001, -0.002"); }
                rise_power ("power_inputs_1") { index_1("0.01, 1.5"); values("0.001, 0.002"); }
            }
        }
        pin ("Y") {
            direction : "output";
            function : "(!A)";
            max_capacitance : 0.065;
            power_down_function : "(!VPWR + VGND)";
            related_power_pin : "VPWR";
            internal_power () {
                fall_power ("power_outputs_1") { index_1("0.01, 1.5"); index_2("0.0005, 0.01, 0.1");
                    values("0.001, 0.002, 0.003", "0.004, 0.005, 0.006"); }
                related_pin : "A";
                rise_power ("power_outputs_1") { index_1("0.01, 1.5"); index_2("0.0005, 0.01, 0.1");
                    values("0.011, 0.012, 0.013", "0.014, 0.015, 0.016"); }
            }
            timing () {
                cell_fall ("del_1_2_3") { index_1("0.01, 1.5"); index_2("0.0005, 0.01, 0.1");
                    values("0.01, 0.02, 0.03", "0.04, 0.05, 0.06"); }
                cell_rise ("del_1_2_3") { index_1("0.01, 1.5"); index_2("0.0005, 0.01, 0.1");
                    values("0.11, 0.12, 0.13", "0.14, 0.15, 0.16"); }
                fall_transition ("del_1_2_3") { index_1("0.01, 1.5"); index_2("0.0005, 0.01, 0.1");
                    values("0.21, 0.22, 0.23", "0.24, 0.25, 0.26"); }
                related_pin : "A";
                rise_transition ("del_1_2_3") { index_1("0.01, 1.5"); index_2("0.0005, 0.01, 0.1");
                    values("0.31, 0.32, 0.33", "0.34, 0.35, 0.36"); }
                timing_sense : "negative_unate";
                timing_type : "combinational";
            }
        }
    }
    cell ("decap_3") { area : 3.75; cell_leakage_power : 0.001; }
    cell ("sdfrtp_1") {
        area : 26;
        cell_leakage_power : 1;
        leakage_power () { value : 2; when : "!CLK&D&RESET_B&!SCD&!SCE&IQ"; }
        ff ("IQ","IQ_N") { clear : "!RESET_B"; clocked_on : "CLK"; next_state : "(D&!SCE) | (SCD&SCE)"; }
        pin ("CLK") {
            capacitance : 0.0018; clock : "true"; direction : "input";
            internal_power () { when : "D&!IQ"; rise_power ("scalar") { values("0.02"); } fall_power ("scalar") { values("0.03"); } }
            timing () { related_pin : "CLK"; timing_type : "min_pulse_width";
                rise_constraint ("constraint_2") { index_1("0.01, 1.5"); values("0.2, 2.5"); } }
        }
        pin ("D") {
            capacitance : 0.0016; direction : "input"; nextstate_type : "data";
            timing () { related_pin : "CLK"; timing_type : "setup_rising"; when : "!SCE"; sim_opt : "accurate=1";
                rise_constraint ("constraint_2_2") { index_1("0.01, 1.5"); index_2("0.02, 1.2"); values("1, 2", "3, 4"); }
                fall_constraint ("constraint_2_2") { index_1("0.01, 1.5"); index_2("0.02, 1.2"); values("5, 6", "7, 8"); } }
        }
        pin ("RESET_B") { capacitance : 0.0016; direction : "input"; }
        pin ("SCD") { capacitance : 0.0016; direction : "input"; }
        pin ("SCE") { capacitance : 0.0016; direction : "input"; }
        pin ("Q") { direction : "output"; function : "IQ"; }
        test_cell () {
            pin ("Q") { direction : "output"; function : "IQ"; signal_type : "test_scan_out"; }
            ff ("IQ","IQ_N") { clear : "!RESET_B"; clocked_on : "CLK"; next_state : "D"; }
        }
    }
}
`;

/** fF, ps, pW, one figure per supply, `when` with products in parentheses, line continuations, current-source tables. */
export const ASAP7_STYLE = `
library (asap_like) {
  comment : "said \\"slow\\"; {not} a group";
  delay_model : table_lookup;
  capacitive_load_unit (1,ff);
  leakage_power_unit : "1pW";
  time_unit : "1ps";
  voltage_unit : "1V";
  voltage_map (VDD, 0.7);
  voltage_map (VSS, 0);
  nom_process : 1;
  nom_temperature : 25;
  nom_voltage : 0.7;
  k_volt_cell_rise : 0.5;
  slew_derate_from_library : 0.5;
  output_current_template (ccs_template) { variable_1 : input_net_transition; variable_2 : total_output_net_capacitance; variable_3 : time; }
  lu_table_template (delay_template) {
    variable_1 : input_net_transition;
    variable_2 : total_output_net_capacitance;
    index_1 ("5, 10");
    index_2 ("1, 2");
  }
  power_lut_template (power_template) {
    variable_1 : input_transition_time;
    variable_2 : total_output_net_capacitance;
    index_1 ("5, 10");
    index_2 ("1, 2");
  }
  cell (NANDx1) {
    area : 0.08748;
    pg_pin (VDD) { pg_type : primary_power; voltage_name : "VDD"; }
    pg_pin (VSS) { pg_type : primary_ground; voltage_name : "VSS"; }
    leakage_power () {
      value : 173;
      when : "(A * B * !Y)";
      related_pg_pin : VDD;
    }
    leakage_power () {
      value : 170;
      when : "(A * B * !Y)";
      related_pg_pin : VSS;
    }
    leakage_power () { value : 40; related_pg_pin : VDD; }
    pin (Y) {
      direction : output;
      function : "(!A) + (!B)";
      timing () {
        related_pin : "A B";
        timing_sense : negative_unate;
        cell_rise (delay_template) { values ( \\
            "1, 2", \\
            "3, 4" \\
          ); }
        cell_fall (scalar) { values (7.5); }
        rise_transition (delay_template) { values ("10, 20, 30, 40"); }
        fall_transition (scalar) { values ("6"); }
        output_current_rise () { vector (ccs_template) { reference_time : 1.5; index_1 ("5"); index_2 ("1"); index_3 ("1, 2"); values ("0.1, 0.2"); } }
        receiver_capacitance1_rise (delay_template) { values ("1, 1", "1, 1"); }
      }
      internal_power () {
        related_pin : "A B";
        related_pg_pin : VDD;
        power (power_template) { values ("0.1, 0.2", "0.3, 0.4"); }
      }
      internal_power () {
        related_pin : "A B";
        related_pg_pin : VSS;
        rise_power (scalar) { values ("0.05"); }
        fall_power (scalar) { values ("0.07"); }
      }
    }
    pin (A, B) { direction : input; capacitance : 0.6; input_voltage : default_input; receiver_capacitance () { when : "B"; } }
  }
}
`;

/** Clock gate with a table of states, latch, three-state output, antenna diode, tie cell; 1pW and default conditions. */
export const IHP_STYLE = `
library (ihp_like) {
  comment : "";
  delay_model : table_lookup;
  capacitive_load_unit (1,pf);
  leakage_power_unit : "1pW";
  time_unit : "1ns";
  voltage_unit : "1V";
  default_cell_leakage_power : 0;
  default_input_pin_cap : 0.006;
  default_wire_load_mode : "top";
  nom_temperature : 25;
  nom_voltage : 1.2;
  operating_conditions (typ) { process : 1; temperature : 25; voltage : 1.2; }
  wire_load_selection ("routing") { wire_load_from_area (0, 635, 0_1k); wire_load_from_area (635, 1.27008e+06, 1k); }
  default_operating_conditions : typ;
  default_wire_load_selection : "routing";
  cell (tiehi) { area : 7; dont_use : true; pin (L_HI) { direction : "output"; function : "1"; } }
  cell (antennanp) { area : 5; pin (A) { direction : "input"; capacitance : 0.0013; antenna_diode_type : "power_and_ground"; } }
  cell (fill_1) { area : 1.8; }
  cell (lgcp_1) {
    area : 27;
    clock_gating_integrated_cell : "latch_posedge";
    statetable ("CLK GATE", "int_GATE") {
      table : "L L : - : L ,\\
               L H : - : H ,\\
               H - : - : N ";
    }
    pin (int_GATE) { direction : "internal"; internal_node : "int_GATE"; }
    pin (GCLK) { clock_gate_out_pin : true; direction : "output"; state_function : "CLK * int_GATE"; }
    pin (CLK) { clock_gate_clock_pin : true; clock : true; direction : "input"; }
    pin (GATE) { direction : "input"; }
  }
  cell (dlhq_1) {
    area : 30;
    latch (IQ,IQN) { data_in : "D"; enable : "GATE"; }
    pin (Q) { direction : "output"; function : "IQ"; }
    pin (D) { direction : "input"; }
    pin (GATE) { direction : "input"; clock : true; }
  }
  cell (ebufn_2) {
    area : 18;
    pin (Z) { direction : "output"; function : "A"; three_state : "TE_B"; }
    pin (A) { direction : "input"; }
    pin (TE_B) { direction : "input"; }
  }
}
`;

/** Macros and multi-bit cells: buses with a type, bundles, banks of flip-flops, tables over three variables. */
export const MACRO_STYLE = `
library (macro_like) {
  delay_model : generic_cmos;
  capacitive_load_unit (1,pf);
  leakage_power_unit : "1mW";
  time_unit : "1ns";
  voltage_unit : "1V";
  nom_temperature : 125;
  nom_voltage : 1.98;
  operating_conditions (slow) { process : 1; temperature : 125; voltage : 1.62; }
  default_operating_conditions : slow;
  type (bus8) { base_type : array; data_type : bit; bit_width : 8; bit_from : 7; bit_to : 0; downto : true; }
  power_lut_template (energy3) {
    variable_1 : input_transition_time;
    variable_2 : total_output_net_capacitance;
    variable_3 : equal_or_opposite_output_net_capacitance;
    index_1 ("1, 2"); index_2 ("1, 2"); index_3 ("1, 2");
  }
  lu_table_template (constraint3) {
    variable_1 : constrained_pin_transition;
    variable_2 : related_pin_transition;
    variable_3 : related_out_total_output_net_capacitance;
    index_1 ("1, 2"); index_2 ("1, 2"); index_3 ("1, 2");
  }
  cell (sram128x8) {
    area : 1;
    memory () { type : ram; address_width : 7; word_width : 8; }
    bus (Q) { bus_type : bus8; direction : output; pin (Q[7:0]) { capacitance : 0.1; } }
  }
  cell (dff2) {
    ff_bank (IQ, IQN, 2) { clocked_on : "CK"; next_state : "D"; }
    pin (CK) { direction : input; clock : true; }
  }
  cell (mux_bundle) { bundle (D) { members (D0, D1); direction : input; } }
  cell (two_ff) {
    ff (IQ1, IQN1) { clocked_on : "CK"; next_state : "D"; }
    ff (IQ2, IQN2) { clocked_on : "CK"; next_state : "IQ1"; }
    pin (CK) { direction : input; }
  }
  cell (ha) {
    pin (A) { direction : input; }
    pin (S) {
      direction : output;
      function : "A";
      internal_power () { related_pin : A; equal_or_opposite_output : CO; rise_power (energy3) { values ("1, 2, 3, 4, 5, 6, 7, 8"); } }
    }
  }
  cell (dff) {
    area : 4;
    ff (IQ, IQN) { clocked_on : "CK'"; next_state : "D"; }
    pin (CK) { direction : input; }
    pin (D) {
      direction : input;
      timing () { related_pin : CK; timing_type : hold_falling; rise_constraint (constraint3) { values ("1, 2, 3, 4, 5, 6, 7, 8"); } }
    }
    pin (Q) { direction : output; function : "IQ"; }
  }
  scaled_cell (dff, slow) { area : 4; }
}
`;
