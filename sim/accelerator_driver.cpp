// Runs a program on the accelerator, image after image. It compares nothing: the golden model stands on the other side
// of the files.
//
//   simulation COMMANDS
//
// COMMANDS has a line `key value …` for each of (numbers decimal or 0x…; * must be there)
//   program FILE*  program_base ADDRESS*  descriptors COUNT*   bytes at the program base, descriptors to run
//   resume FIRST                descriptor that all images but the first begin with (default 0: all of them)
//   input FILE*  input_base ADDRESS*  input_bytes COUNT*   external bytes of one image after the other
//   input_slack COUNT           zeros behind the last image, for programs that load ahead (default 0)
//   output FILE*  output_base ADDRESS*  output_bytes COUNT*   results, image after image; 0xa5 where nothing was written
//   scratch_base ADDRESS  scratch_bytes COUNT  scratch FILE   scratch area and where its last content goes
//   images COUNT                default 1
//   counters FILE               text: image, descriptor and its six counts on a line
//   latency LOW HIGH            cycles of the memory before data and responses (default 0 0)
//   stall PERCENT               cycles in which each AXI4 channel holds back (default 0)
//   seed NUMBER                 default 1
//   random_content NUMBER       registers at first: 0 zeros, 1 ones, 2 random; default 2
//   limit CYCLES                of one image (default 100000000)
//   wait irq | poll             how the end is noticed (default irq)
//   inject read_address | write_address | read_burst | write_burst NUMBER   one error response
//   after_error stop | soft_reset | restart   then run the image again (default stop)
//   reset hard | soft CYCLES    so many cycles after the first start, then run the image again
//   bare 1                      the driver is not initialised again (which resets softly) after a hard reset
//   trace FILE                  FST, when built with --trace-fst
//   accesses FILE               no program: register accesses `r OFFSET` or `w OFFSET DATA STROBES`, answers to output
//
// Standard output, a line each:
//   device rows R columns C lanes L digest HEX
//   image K/N cycles C total T seconds S images_per_s X
//   error image K code NAME descriptor D address HEX irq 0|1
//   reset hard|soft cycle C
//   end images N cycles C read_bytes B written_bytes B bursts B memory_refused B seconds S
//   protocol TIMES RULE
// Status: 0 all images ran, 1 usage, 2 the accelerator reported an error, 3 protocol broken, 4 an image did not end.
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <string>
#include <vector>

#include "maxdnn_driver.h"
#include "simulation.h"

namespace {

const uint32_t kPolls = 100000;

uint32_t read32(void* context, uint32_t offset) {
  AxiLiteResult result = static_cast<Simulation*>(context)->registers.read(offset);
  if (!result.finished || result.response != 0) fail("register read without OKAY at " + std::to_string(offset));
  return result.data;
}

void write32(void* context, uint32_t offset, uint32_t value) {
  AxiLiteResult result = static_cast<Simulation*>(context)->registers.write(offset, value);
  if (!result.finished || result.response != 0) fail("register write without OKAY at " + std::to_string(offset));
}

const std::set<std::string> kKeys = {
    "program",  "program_base", "descriptors", "resume",       "input",         "input_base", "input_bytes",
    "output",   "output_base",  "output_bytes", "input_slack", "scratch_base",  "scratch_bytes", "scratch",
    "images",   "counters",     "latency",     "stall",        "seed",          "random_content", "limit",      "wait",
    "inject",   "after_error",  "reset",       "trace",        "accesses",
    "bare"};

AxiMemoryConfig memory_config(const CommandFile& commands) {
  AxiMemoryConfig config;
  config.latency_low = static_cast<unsigned>(commands.number_or("latency", 0, 0));
  config.latency_high = static_cast<unsigned>(commands.number_or("latency", 0, 1));
  config.stall = static_cast<unsigned>(commands.number_or("stall", 0));
  config.seed = commands.number_or("seed", 1);
  if (config.latency_high < config.latency_low || config.stall > 99) fail("bad latency or stall");
  return config;
}

AxiInjection injection(const CommandFile& commands) {
  AxiInjection result;
  if (!commands.has("inject")) return result;
  std::string kind = commands.text("inject");
  if (kind == "read_address") result.kind = AxiInjection::kReadAddress;
  else if (kind == "write_address") result.kind = AxiInjection::kWriteAddress;
  else if (kind == "read_burst") result.kind = AxiInjection::kReadBurst;
  else if (kind == "write_burst") result.kind = AxiInjection::kWriteBurst;
  else fail("unknown injection: " + kind);
  result.value = commands.number("inject", 1);
  return result;
}

class Run {
 public:
  explicit Run(const CommandFile& commands)
      : commands_(commands),
        sim_(memory_config(commands), commands.text_or("trace", "")),
        device_{read32, write32, &sim_},
        started_(std::chrono::steady_clock::now()) {}

  int accesses() {
    sim_.hard_reset();
    std::ifstream in(commands_.text("accesses"));
    std::string answers, kind, a, b, c;
    char line[64];
    while (in >> kind >> a) {
      bool is_write = kind == "w";
      if (is_write && !(in >> b >> c)) fail("accesses: w OFFSET DATA STROBES");
      AxiLiteResult result = is_write ? sim_.registers.write(static_cast<uint32_t>(to_number(a)),
                                                             static_cast<uint32_t>(to_number(b)),
                                                             static_cast<unsigned>(to_number(c)))
                                      : sim_.registers.read(static_cast<uint32_t>(to_number(a)));
      if (!result.finished) fail("no answer to a register access");
      std::snprintf(line, sizeof line, "%u 0x%08x\n", result.response, result.data);
      answers += line;
    }
    write_file(commands_.text("output"), answers.data(), answers.size());
    return 0;
  }

  int program() {
    prepare();
    sim_.hard_reset();
    identify();
    uint64_t total = 0;
    int status = 0;
    for (uint64_t image = 0; image < images_ && status == 0; image++) {
      uint64_t cycles = 0;
      status = run_image(image, cycles);
      if (status != 0) break;
      total += cycles;
      double s = seconds();
      std::printf("image %" PRIu64 "/%" PRIu64 " cycles %" PRIu64 " total %" PRIu64 " seconds %.3f images_per_s %.3f\n",
                  image + 1, images_, cycles, total, s, static_cast<double>(image + 1) / s);
      std::fflush(stdout);
      done_++;
    }
    // Nothing may come after the end.
    for (unsigned k = 0; k < 50; k++) sim_.tick();
    write_results();
    const AxiMemory& memory = sim_.memory;
    std::printf("end images %" PRIu64 " cycles %" PRIu64 " read_bytes %" PRIu64 " written_bytes %" PRIu64 " bursts %" PRIu64
                " memory_refused %" PRIu64 " seconds %.3f\n",
                done_, total, memory.bytes_read(), memory.bytes_written(), memory.checker().bursts(), memory.refused(),
                seconds());
    for (const auto& entry : memory.checker().broken()) {
      std::printf("protocol %" PRIu64 " %s\n", entry.second, entry.first.c_str());
      status = 3;
    }
    return status;
  }

 private:
  void prepare() {
    images_ = commands_.number_or("images", 1);
    std::vector<uint8_t> bytes = read_file(commands_.text("program"));
    bytes.resize((bytes.size() + 7) / 8 * 8);
    sim_.memory.add_region("program", commands_.number("program_base"), bytes.size(), false) = bytes;
    bytes = read_file(commands_.text("input"));
    uint64_t size = commands_.number("input_bytes");
    if (size % 8 != 0 || bytes.size() != size * images_) fail("input: wanted images times input_bytes, multiple of 8");
    bytes.resize(bytes.size() + commands_.number_or("input_slack", 0));
    sim_.memory.add_region("input", commands_.number("input_base"), bytes.size(), false) = bytes;
    size = commands_.number("output_bytes");
    if (size % 8 != 0) fail("output_bytes: wanted a multiple of 8");
    bytes.assign(size * images_, 0xa5);
    sim_.memory.add_region("output", commands_.number("output_base"), bytes.size(), true) = bytes;
    size = commands_.number_or("scratch_bytes", 0);
    if (size > 0) sim_.memory.add_region("scratch", commands_.number("scratch_base"), size, true);
    sim_.memory.inject(injection(commands_));
  }

  void identify() {
    maxdnn_info info;
    if (maxdnn_init(&device_, &info, kPolls) != MAXDNN_OK) fail("maxdnn_init: no accelerator of this version");
    if (sim_.memory.checker().bursts() == 0) {
      std::printf("device rows %u columns %u lanes %u digest 0x%08x\n", info.rows, info.columns, info.lanes,
                  info.spec_digest);
    }
    slots_ = info.counter_slots;
  }

  int run_image(uint64_t image, uint64_t& cycles) {
    bool resets = image == 0 && commands_.has("reset");
    std::string recovery = commands_.text_or("after_error", "stop");
    start(image);
    if (resets) {
      for (uint64_t k = commands_.number("reset", 1); k > 0; k--) sim_.tick();
      std::printf("reset %s cycle %" PRIu64 "\n", commands_.text("reset").c_str(), sim_.cycles);
      if (commands_.text("reset") == "hard") {
        sim_.hard_reset();
        if (commands_.number_or("bare", 0) == 0) identify();
      } else if (maxdnn_soft_reset(&device_, kPolls) != MAXDNN_OK || sim_.top.irq_o) {
        return stuck(image);
      }
      start(image);
    }
    for (unsigned attempt = 0;; attempt++) {
      if (!wait_for_end()) return stuck(image);
      bool irq = sim_.top.irq_o;
      uint32_t events = maxdnn_interrupt(&device_);
      maxdnn_status status;
      int state = maxdnn_read_status(&device_, &status);
      cycles = status.total_cycles;
      if (state == MAXDNN_OK && status.done && events == MAXDNN_INTERRUPT_STATUS_DONE_EVENT_MASK) {
        read_counters(image);
        return 0;
      }
      std::printf("error image %" PRIu64 " code %s descriptor %u address 0x%" PRIx64 " irq %d\n", image,
                  maxdnn_error_name(status.error_code), status.descriptor, status.error_address,
                  irq && events == MAXDNN_INTERRUPT_STATUS_ERROR_EVENT_MASK);
      if (recovery == "stop" || attempt > 0) return 2;
      if (recovery == "soft_reset" && maxdnn_soft_reset(&device_, kPolls) != MAXDNN_OK) return stuck(image);
      start(image);
    }
  }

  void start(uint64_t image) {
    sim_.memory.expect_idle();
    maxdnn_job job;
    job.program_base = commands_.number("program_base");
    job.input_base = commands_.number("input_base") + image * commands_.number("input_bytes");
    job.output_base = commands_.number("output_base") + image * commands_.number("output_bytes");
    job.scratch_base = commands_.number_or("scratch_base", 0);
    job.first = static_cast<uint16_t>(image == 0 ? 0 : commands_.number_or("resume", 0));
    job.count = static_cast<uint16_t>(commands_.number("descriptors") - job.first);
    job.counter_first = job.first;
    job_ = job;
    if (maxdnn_start(&device_, &job) != MAXDNN_OK) fail("maxdnn_start: the accelerator is busy");
  }

  bool wait_for_end() {
    uint64_t last = sim_.cycles + commands_.number_or("limit", 100000000);
    if (commands_.text_or("wait", "irq") == "poll") {
      while (sim_.cycles < last) if (maxdnn_wait(&device_, 1) != MAXDNN_TIMEOUT) return true;
      return false;
    }
    while (sim_.cycles < last && !sim_.top.irq_o) sim_.tick();
    return sim_.top.irq_o;
  }

  int stuck(uint64_t image) {
    std::printf("error image %" PRIu64 " code timeout descriptor 0 address 0x0 irq %d\n", image, sim_.top.irq_o);
    return 4;
  }

  void read_counters(uint64_t image) {
    if (!commands_.has("counters")) return;
    for (uint32_t slot = 0; slot < job_.count && slot < slots_; slot++) {
      uint32_t counts[MAXDNN_COUNTERS];
      maxdnn_read_counters(&device_, slot, counts);
      counters_ += std::to_string(image) + " " + std::to_string(job_.first + slot);
      for (uint32_t count : counts) counters_ += " " + std::to_string(count);
      counters_ += "\n";
    }
  }

  void write_results() {
    const std::vector<uint8_t>& bytes = sim_.memory.region("output")->bytes;
    write_file(commands_.text("output"), bytes.data(), bytes.size());
    if (commands_.has("counters")) write_file(commands_.text("counters"), counters_.data(), counters_.size());
    AxiMemory::Region* scratch = sim_.memory.region("scratch");
    if (commands_.has("scratch") && scratch) {
      write_file(commands_.text("scratch"), scratch->bytes.data(), scratch->bytes.size());
    }
  }

  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count() + 1e-9;
  }

  const CommandFile& commands_;
  Simulation sim_;
  maxdnn_device device_;
  maxdnn_job job_ = {};
  std::chrono::steady_clock::time_point started_;
  std::string counters_;
  uint64_t images_ = 1, done_ = 0;
  uint32_t slots_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Verilated::commandArgs(argc, argv);
  if (argc < 2) fail("usage: simulation COMMANDS");
  CommandFile commands(argv[1], kKeys);
  Verilated::randReset(static_cast<int>(commands.number_or("random_content", 2)));
  Verilated::randSeed(static_cast<int>(commands.number_or("seed", 1)));
  Run run(commands);
  int status = commands.has("accesses") ? run.accesses() : run.program();
  std::fflush(stdout);
  return status;
}
