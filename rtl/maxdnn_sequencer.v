// maxdnn_sequencer: runs a job, descriptor after descriptor.
//
//   Idle ─start─► Fetch ─► Launch ─► Run ─► Record ─► Fetch … or Idle (done)
//   error or soft reset, from anywhere ─► Stop (until AXI is quiet) ─► Reset (of the core) ─► Idle
`default_nettype none
module maxdnn_sequencer #(
  parameter AddressBits = 32,
  parameter SlotBits    = 8,   // 2^SlotBits descriptors whose counts are kept
  parameter DescriptorBytes = 256
) (
  input  wire clk_i,
  input  wire rst_ni,

  /// one cycle: run `count_i` descriptors from number `first_i`; ignored while busy
  input  wire start_i,
  /// one cycle: give up the job, forget its status
  input  wire soft_reset_i,
  input  wire [15:0] first_i,
  input  wire [15:0] count_i,
  input  wire [15:0] counter_first_i,
  input  wire [AddressBits-1:0] program_base_i,

  output wire busy_o,
  output wire resetting_o,
  output reg  done_o,
  output reg  error_o,
  output reg  [3:0] error_code_o,
  output reg  [AddressBits-1:0] error_address_o,
  output wire [15:0] descriptor_o,
  output reg  [63:0] total_cycles_o,
  /// one cycle: the job has ended
  output reg  done_event_o,
  output reg  error_event_o,

  output wire fetch_o,
  output wire [AddressBits-1:0] fetch_address_o,
  input  wire fetch_done_i,
  output wire transfers_start_o,
  input  wire transfers_busy_i,
  output wire dma_stop_o,
  input  wire dma_idle_i,
  input  wire fetch_error_i,
  input  wire load_error_i,
  input  wire store_error_i,
  input  wire bad_i,
  input  wire [AddressBits-1:0] error_address_i,

  /// the core's reset, active low
  output reg  core_rst_no,
  /// the fetched descriptor has nothing for the core
  input  wire compute_none_i,
  output wire core_start_o,
  input  wire core_done_i,
  input  wire core_fault_i,

  output wire count_clear_o,
  output wire count_cycle_o,
  output wire wait_transfers_o,
  output wire wait_compute_o,
  output wire record_o,
  output wire [SlotBits-1:0] slot_o
);
  localparam [2:0] Idle = 3'd0, Fetch = 3'd1, Launch = 3'd2, Run = 3'd3, Record = 3'd4, Stop = 3'd5, Reset = 3'd6;
  localparam [3:0] ErrorNone = 4'd0, ErrorFetch = 4'd1, ErrorLoad = 4'd2, ErrorStore = 4'd3, ErrorTransfer = 4'd4,
                   ErrorFault = 4'd5;

  reg [2:0] state_q;
  reg [1:0] hold_q;       // cycles of core reset still to come
  reg first_cycle_q;      // of Fetch
  reg computed_q;         // the core is done with this descriptor
  reg [15:0] index_q;
  reg [15:0] left_q;      // descriptors from this one on
  reg [AddressBits-1:0] address_q;

  localparam [AddressBits-1:0] Step = DescriptorBytes;
  wire [AddressBits-1:0] first_offset = { {AddressBits-16{1'b0}}, first_i} * Step;

  wire working = state_q == Fetch || state_q == Launch || state_q == Run || state_q == Record;
  wire core_fault = state_q == Run && !computed_q && core_done_i && core_fault_i;
  wire dma_error = fetch_error_i || load_error_i || store_error_i || bad_i;
  wire fail = working && (dma_error || core_fault);
  wire computed = computed_q || core_done_i;
  wire complete = state_q == Run && computed && !transfers_busy_i;
  wire is_last = left_q == 16'd1;

  // Counts are kept for descriptors counter_first .. counter_first + 2^SlotBits - 1.
  wire [15:0] place = index_q - counter_first_i;

  assign busy_o = state_q != Idle;
  assign resetting_o = state_q == Stop || state_q == Reset;
  assign descriptor_o = index_q;
  assign fetch_o = state_q == Fetch && first_cycle_q;
  assign fetch_address_o = address_q;
  assign transfers_start_o = state_q == Launch;
  assign core_start_o = state_q == Launch && !compute_none_i;
  assign dma_stop_o = resetting_o;
  assign count_clear_o = state_q == Idle || state_q == Record;
  assign count_cycle_o = working;
  assign wait_transfers_o = state_q == Fetch || state_q == Run && computed_q && transfers_busy_i;
  assign wait_compute_o = state_q == Run && !computed_q && !transfers_busy_i;
  assign record_o = state_q == Record && place[15:SlotBits] == {16-SlotBits{1'b0}};
  assign slot_o = place[SlotBits-1:0];

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
      hold_q <= 2'd0;
      first_cycle_q <= 1'b0;
      computed_q <= 1'b0;
      index_q <= 16'd0;
      left_q <= 16'd0;
      address_q <= {AddressBits{1'b0}};
      core_rst_no <= 1'b0;
    end else begin
      first_cycle_q <= 1'b0;
      core_rst_no <= 1'b1;
      case (state_q)
        Idle: if (start_i) begin
          index_q <= first_i;
          left_q <= count_i;
          address_q <= program_base_i + first_offset;
          if (count_i != 16'd0) begin
            state_q <= Fetch;
            first_cycle_q <= 1'b1;
          end
        end
        Fetch: if (fetch_done_i) state_q <= Launch;
        Launch: begin
          computed_q <= compute_none_i;
          state_q <= Run;
        end
        Run: begin
          computed_q <= computed;
          if (complete) state_q <= Record;
        end
        Record: if (is_last) begin
          state_q <= Idle;
        end else begin
          index_q <= index_q + 16'd1;
          left_q <= left_q - 16'd1;
          address_q <= address_q + Step;
          state_q <= Fetch;
          first_cycle_q <= 1'b1;
        end
        Stop: if (dma_idle_i) begin
          hold_q <= 2'd3;
          state_q <= Reset;
        end
        Reset: begin
          core_rst_no <= hold_q == 2'd0;
          hold_q <= hold_q - 2'd1;
          if (hold_q == 2'd0) state_q <= Idle;
        end
        default: state_q <= Idle;
      endcase
      if ((fail || soft_reset_i) && !resetting_o) state_q <= Stop;
    end
  end

  // Status of the job
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      done_o <= 1'b0;
      error_o <= 1'b0;
      error_code_o <= ErrorNone;
      error_address_o <= {AddressBits{1'b0}};
      total_cycles_o <= 64'd0;
      done_event_o <= 1'b0;
      error_event_o <= 1'b0;
    end else begin
      done_event_o <= 1'b0;
      error_event_o <= 1'b0;
      if (working) total_cycles_o <= total_cycles_o + 64'd1;
      if (soft_reset_i || (start_i && state_q == Idle)) begin
        done_o <= 1'b0;
        error_o <= 1'b0;
        error_code_o <= ErrorNone;
        error_address_o <= {AddressBits{1'b0}};
        total_cycles_o <= 64'd0;
        if (!soft_reset_i && count_i == 16'd0) begin
          done_o <= 1'b1;
          done_event_o <= 1'b1;
        end
      end else if (fail) begin
        error_o <= 1'b1;
        error_code_o <= fetch_error_i ? ErrorFetch : load_error_i ? ErrorLoad : store_error_i ? ErrorStore
                      : bad_i ? ErrorTransfer : ErrorFault;
        error_address_o <= dma_error ? error_address_i : {AddressBits{1'b0}};
      end else if (state_q == Record && is_last) begin
        done_o <= 1'b1;
        done_event_o <= 1'b1;
      end else if (state_q == Reset && hold_q == 2'd0 && error_o) begin
        error_event_o <= 1'b1;
      end
    end
  end
endmodule
`default_nettype wire
