// Drives maxdnn_core: executes the commands of a file and writes what the core answers. It compares nothing.
//
//   core COMMANDS ANSWERS SEED [CYCLES] [+ARGUMENT …]
//   COMMANDS   little-endian uint32: code, arguments
//     0 reset        cycles of the descriptor begun before it (0: none), then 64 words of that descriptor
//     1 write        memory, first word, words, port words (each portBits / 32 uint32)
//     2 read         first word, words                 answer: port words
//     3 run          64 words of the descriptor        answer: done (0: time limit), fault, cycles from start to done,
//                                                      active, stalls for weights, stalls for a bank
//   4 + code: keep a write or read and do it during the next run, at random times; the answers of kept reads come
//   after that of the run.
//   CYCLES     stop with an error after so many (default: no limit); +ARGUMENTs are for $value$plusargs.
//   The port is used in random cycles, so that requests have to wait and answers have gaps.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "Vmaxdnn_core.h"
#include "verilated.h"

// Cycles after which a run is given up; the longest layer that the tests run takes 10 000.
static const uint64_t kTimeLimit = 200000;

static Vmaxdnn_core* core;
static uint64_t random_state;
static uint64_t cycles_left = UINT64_MAX, all_cycles = 0;

[[noreturn]] static void fail(const char* what, const char* which) {
  std::fprintf(stderr, "core_driver: %s: %s\n", what, which);
  std::exit(1);
}

// xorshift64*: S. Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled".
static uint32_t random_bits() {
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return (random_state * 0x2545f4914f6cdd1dull) >> 32;
}

struct Access {
  bool is_write;
  uint32_t memory;
  uint32_t address;
  std::vector<uint32_t> data;
};

static const size_t kPortWords = sizeof(core->mem_wdata_i) / 4;
static std::vector<uint32_t> answers;
static std::vector<Access> kept;

static struct {
  uint64_t cycles, active, stall_weights, stall_drain;
} counts;

// Requests of the port, in order; one write and one read may be under way in a cycle.
class Port {
 public:
  explicit Port(std::vector<Access> accesses) : accesses_(std::move(accesses)) {}

  // Before the rising edge: what is asked for in this cycle.
  void drive() {
    core->mem_we_i = 0;
    core->mem_re_i = 0;
    asks_ = next_ < accesses_.size() && random_bits() % 4 != 0;
    core->mem_select_i = random_bits() & 3;
    core->mem_waddr_i = random_bits() & 0xffffff;
    core->mem_raddr_i = random_bits() & 0xffffff;
    if (!asks_) return;
    const Access& access = accesses_[next_];
    if (access.is_write) {
      core->mem_we_i = 1;
      core->mem_select_i = access.memory;
      core->mem_waddr_i = access.address;
      std::memcpy(&core->mem_wdata_i, access.data.data(), 4 * kPortWords);
    } else {
      core->mem_re_i = 1;
      core->mem_raddr_i = access.address;
    }
  }

  // Before the rising edge, with the core's outputs for these inputs.
  void sample() {
    if (core->mem_rvalid_o) {
      if (waiting_ == 0) fail("mem_rvalid_o", "no read is under way");
      waiting_--;
      const size_t at = read_.size();
      read_.resize(at + kPortWords);
      std::memcpy(&read_[at], &core->mem_rdata_o, 4 * kPortWords);
    }
    if (!asks_) return;
    if (accesses_[next_].is_write ? core->mem_wready_o : core->mem_rready_o) {
      if (!accesses_[next_].is_write) waiting_++;
      next_++;
    }
  }

  bool idle() const { return next_ == accesses_.size() && waiting_ == 0; }
  const std::vector<uint32_t>& read() const { return read_; }

 private:
  std::vector<Access> accesses_;
  std::vector<uint32_t> read_;
  size_t next_ = 0;
  unsigned waiting_ = 0;
  bool asks_ = false;
};

static void cycle(Port& port) {
  if (cycles_left-- == 0) fail("cycles", "too many");
  all_cycles++;
  port.drive();
  core->clk_i = 0;
  core->eval();
  port.sample();
  counts.cycles++;
  counts.active += core->active_o;
  counts.stall_weights += core->stall_weights_o;
  counts.stall_drain += core->stall_drain_o;
  core->clk_i = 1;
  core->eval();
}

static void serve(std::vector<Access> accesses) {
  Port port(std::move(accesses));
  while (!port.idle()) cycle(port);
  answers.insert(answers.end(), port.read().begin(), port.read().end());
}

static void start(const uint32_t* descriptor, Port& port) {
  std::memcpy(&core->descriptor_i, descriptor, 256);
  core->start_i = 1;
  counts = {};
  cycle(port);
  core->start_i = 0;
}

static void reset(uint32_t cycles, const uint32_t* descriptor) {
  Port none({});
  if (cycles > 0) {
    start(descriptor, none);
    for (uint32_t i = 1; i < cycles; i++) cycle(none);
  }
  core->rst_ni = 0;
  for (int i = 0; i < 3; i++) cycle(none);
  core->rst_ni = 1;
}

static void run(const uint32_t* descriptor) {
  Port port(std::move(kept));
  kept.clear();
  start(descriptor, port);
  bool is_done = core->done_o;
  bool is_fault = core->fault_o;
  while (!is_done && counts.cycles < kTimeLimit) {
    cycle(port);
    is_done = core->done_o;
    is_fault = core->fault_o;
  }
  const uint32_t cycles = counts.cycles;
  const uint32_t answer[] = {is_done, is_fault, cycles, static_cast<uint32_t>(counts.active),
                             static_cast<uint32_t>(counts.stall_weights),
                             static_cast<uint32_t>(counts.stall_drain)};
  Port none({});
  cycle(none);
  if (core->done_o) fail("done_o", "longer than one cycle");
  while (!port.idle()) cycle(port);
  answers.insert(answers.end(), answer, answer + 6);
  answers.insert(answers.end(), port.read().begin(), port.read().end());
}

static std::vector<uint32_t> load(const char* path) {
  std::FILE* in = std::fopen(path, "rb");
  if (!in) fail("cannot read", path);
  std::vector<uint32_t> words;
  uint32_t word;
  while (std::fread(&word, 4, 1, in) == 1) words.push_back(word);
  std::fclose(in);
  return words;
}

int main(int argc, char** argv) {
  if (argc < 4) fail("usage", "core COMMANDS ANSWERS SEED [CYCLES] [+ARGUMENT …]");
  Verilated::commandArgs(argc, argv);
  if (argc > 4 && argv[4][0] != '+') cycles_left = std::strtoull(argv[4], nullptr, 10);
  random_state = std::strtoull(argv[3], nullptr, 10) * 2 + 1;
  Verilated::randReset(2);
  Verilated::randSeed(static_cast<int>(random_state & 0x7fffffff));
  core = new Vmaxdnn_core;
  core->rst_ni = 1;
  core->start_i = 0;
  core->eval();

  const std::vector<uint32_t> commands = load(argv[1]);
  size_t at = 0;
  auto next = [&]() {
    if (at >= commands.size()) fail("commands", "end in the middle of one");
    return commands[at++];
  };
  auto descriptor = [&]() {
    const uint32_t* words = &commands[at];
    at += 64;
    if (at > commands.size()) fail("commands", "end in the middle of a descriptor");
    return words;
  };
  while (at < commands.size()) {
    const uint32_t code = next();
    std::vector<Access> accesses;
    switch (code & 3) {
      case 0: {
        const uint32_t cycles = next();
        reset(cycles, cycles > 0 ? descriptor() : nullptr);
        break;
      }
      case 1: {
        const uint32_t memory = next(), first = next(), words = next();
        for (uint32_t i = 0; i < words; i++) {
          Access access{true, memory, first + i, {}};
          for (size_t part = 0; part < kPortWords; part++) access.data.push_back(next());
          accesses.push_back(access);
        }
        break;
      }
      case 2: {
        const uint32_t first = next(), words = next();
        for (uint32_t i = 0; i < words; i++) accesses.push_back({false, 0, first + i, {}});
        break;
      }
      case 3:
        run(descriptor());
        break;
    }
    if (code & 4) kept.insert(kept.end(), accesses.begin(), accesses.end());
    else serve(std::move(accesses));
  }

  std::FILE* out = std::fopen(argv[2], "wb");
  if (!out) fail("cannot write", argv[2]);
  if (std::fwrite(answers.data(), 4, answers.size(), out) != answers.size()) fail("cannot write", argv[2]);
  if (std::fclose(out) != 0) fail("cannot write", argv[2]);
  std::printf("answers %zu cycles %llu\n", answers.size(), static_cast<unsigned long long>(all_cycles));
  core->final();
  delete core;
  return 0;
}
