// maxdnn_sram: memory with one read and one write port. The only place for a macro of the target technology.
//
// Reading a word while it is written: the bytes that are written come out old or new, which the design never looks at;
// the others come out right. The contents are undefined after reset.
`default_nettype none
module maxdnn_sram #(
  parameter Words       = 16,  // words
  parameter AddressBits = 4,   // at least log2 of Words
  parameter Parts       = 1,   // parts of a word that are written on their own
  parameter PartBits    = 8    // bits of a part
) (
  input  wire                      clk_i,
  /// read; data comes in the next cycle and stays until the next read
  input  wire                      re_i,
  input  wire [AddressBits-1:0]    raddr_i,
  output reg  [Parts*PartBits-1:0] rdata_o,
  /// write these parts
  input  wire [Parts-1:0]          we_i,
  input  wire [AddressBits-1:0]    waddr_i,
  input  wire [Parts*PartBits-1:0] wdata_i
);
  reg [Parts*PartBits-1:0] memory [0:Words-1];
  integer part;

  always @(posedge clk_i) begin
    if (re_i) rdata_o <= memory[raddr_i];
  end

  always @(posedge clk_i) begin
    for (part = 0; part < Parts; part = part + 1) begin
      if (we_i[part]) memory[waddr_i][part*PartBits +: PartBits] <= wdata_i[part*PartBits +: PartBits];
    end
  end
endmodule
`default_nettype wire
