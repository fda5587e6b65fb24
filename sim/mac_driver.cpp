// Drives the bank of processing elements: reads inputs of one clock cycle after the other, writes what the elements
// show before and after its rising edge. It compares nothing: the golden model stands on the other side of the files.
//
//   mac_bank STIMULI RESPONSES
//   STIMULI    little-endian uint32 per cycle: controls, weight, activation, partial sum
//              controls: bit 0 rst_ni, bit 1 en_i, bit 2 weight_load_i
//   RESPONSES  little-endian uint64 per cycle, edge (before, after) and slot: activation << 32 | partial sum
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "Vmac_bank.h"
#include "verilated.h"

static const uint64_t kGuard = 0x6d6178646e6e0002ull;

static void fail(const char* what, const char* which) {
  std::fprintf(stderr, "mac_driver: %s: %s\n", what, which);
  std::exit(1);
}

static uint64_t slot(const Vmac_bank& bank, unsigned index) {
  return static_cast<uint64_t>(bank.q_o[2 * index + 1]) << 32 | bank.q_o[2 * index];
}

int main(int argc, char** argv) {
  if (argc != 3) fail("usage", "mac_bank STIMULI RESPONSES");
  Verilated::randReset(2);
  Verilated::randSeed(1);
  Vmac_bank bank;
  const unsigned slots = sizeof(bank.q_o) / 8;

  std::FILE* in = std::fopen(argv[1], "rb");
  if (!in) fail("cannot read", argv[1]);
  std::FILE* out = std::fopen(argv[2], "wb");
  if (!out) fail("cannot write", argv[2]);

  // Random registers and no reset yet, so that the first cycle's reset is an edge that has to do something.
  bank.rst_ni = 1;
  bank.eval();

  uint32_t cycle[4];
  std::vector<uint64_t> shown(slots - 1);
  uint64_t cycles = 0;
  while (std::fread(cycle, sizeof cycle, 1, in) == 1) {
    bank.clk_i = 0;
    bank.rst_ni = cycle[0] & 1;
    bank.en_i = cycle[0] >> 1 & 1;
    bank.weight_load_i = cycle[0] >> 2 & 1;
    bank.weight_i = cycle[1];
    bank.activation_i = cycle[2];
    bank.psum_i = cycle[3];
    for (int edge = 0; edge < 2; edge++) {
      bank.clk_i = edge;
      bank.eval();
      if (slot(bank, slots - 1) != kGuard) fail("guard slot is wrong", "driver and bank do not belong together");
      for (unsigned i = 0; i < slots - 1; i++) shown[i] = slot(bank, i);
      if (std::fwrite(shown.data(), 8, shown.size(), out) != shown.size()) fail("cannot write", argv[2]);
    }
    cycles++;
  }
  std::fclose(in);
  if (std::fclose(out) != 0) fail("cannot write", argv[2]);
  std::printf("cycles %llu\n", static_cast<unsigned long long>(cycles));
  bank.final();
  return 0;
}
