// Drives the cosimulation bank: reads operand pairs, writes the products of the chosen slots. It compares nothing:
// the golden model stands on the other side of the files.
//
//   bank VECTORS PRODUCTS SLOT...
//   VECTORS   pairs of little-endian uint32: a, b (bit patterns)
//   PRODUCTS  little-endian uint64 per pair and slot, slots in the order given
//   SLOT      index of a 64-bit slot of p_o
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "Vbank.h"
#include "verilated.h"

static const uint64_t kGuard = 0x6d6178646e6e0001ull;

static void fail(const char* what, const char* which) {
  std::fprintf(stderr, "bank_driver: %s: %s\n", what, which);
  std::exit(1);
}

static uint64_t slot(const Vbank& bank, unsigned index) {
  return static_cast<uint64_t>(bank.p_o[2 * index + 1]) << 32 | bank.p_o[2 * index];
}

int main(int argc, char** argv) {
  if (argc < 4) fail("usage", "bank VECTORS PRODUCTS SLOT...");
  Verilated::randReset(0);
  Vbank bank;
  const unsigned slots = sizeof(bank.p_o) / 8;

  std::vector<unsigned> chosen;
  for (int i = 3; i < argc; i++) {
    const unsigned long index = std::strtoul(argv[i], nullptr, 10);
    if (index + 1 >= slots) fail("no such slot", argv[i]);
    chosen.push_back(static_cast<unsigned>(index));
  }

  std::FILE* in = std::fopen(argv[1], "rb");
  if (!in) fail("cannot read", argv[1]);
  std::FILE* out = std::fopen(argv[2], "wb");
  if (!out) fail("cannot write", argv[2]);

  uint32_t operands[2];
  std::vector<uint64_t> products(chosen.size());
  uint64_t pairs = 0;
  while (std::fread(operands, sizeof operands, 1, in) == 1) {
    bank.a_i = operands[0];
    bank.b_i = operands[1];
    bank.eval();
    if (slot(bank, slots - 1) != kGuard) fail("guard slot is wrong", "driver and bank do not belong together");
    for (size_t i = 0; i < chosen.size(); i++) products[i] = slot(bank, chosen[i]);
    if (std::fwrite(products.data(), 8, products.size(), out) != products.size()) fail("cannot write", argv[2]);
    pairs++;
  }
  std::fclose(in);
  if (std::fclose(out) != 0) fail("cannot write", argv[2]);
  std::printf("pairs %llu\n", static_cast<unsigned long long>(pairs));
  bank.final();
  return 0;
}
