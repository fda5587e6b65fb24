/* Driver of the accelerator: see maxdnn_driver.h. */
#include "maxdnn_driver.h"

/* "MXDN", and the version of registers and descriptors that this driver knows. */
static const uint32_t kIdentity = 0x4e44584du;
static const uint32_t kMajor = 1;

static uint32_t get(const maxdnn_device *device, uint32_t offset) {
  return device->read32(device->context, offset);
}

static void put(const maxdnn_device *device, uint32_t offset, uint32_t value) {
  device->write32(device->context, offset, value);
}

static void put64(const maxdnn_device *device, uint32_t offset, uint64_t value) {
  put(device, offset, (uint32_t)value);
  put(device, offset + 4, (uint32_t)(value >> 32));
}

static uint64_t get64(const maxdnn_device *device, uint32_t offset) {
  return (uint64_t)get(device, offset + 4) << 32 | get(device, offset);
}

#define FIELD(value, name) (((value) & name##_MASK) >> name##_BIT)

int maxdnn_init(const maxdnn_device *device, maxdnn_info *info, uint32_t polls) {
  uint32_t word;
  if (get(device, MAXDNN_IDENTITY) != kIdentity) return MAXDNN_NOT_THERE;
  if (FIELD(get(device, MAXDNN_VERSION), MAXDNN_VERSION_MAJOR) != kMajor) return MAXDNN_WRONG_VERSION;
  word = get(device, MAXDNN_ARRAY);
  info->rows = FIELD(word, MAXDNN_ARRAY_ROWS);
  info->columns = FIELD(word, MAXDNN_ARRAY_COLUMNS);
  info->lanes = FIELD(word, MAXDNN_ARRAY_LANES);
  info->accumulator_bits = FIELD(word, MAXDNN_ARRAY_ACCUMULATOR_BITS);
  word = get(device, MAXDNN_TILE);
  info->accumulator_depth = FIELD(word, MAXDNN_TILE_ACCUMULATOR_DEPTH);
  info->multipliers = FIELD(word, MAXDNN_TILE_MULTIPLIERS);
  word = get(device, MAXDNN_CAPABILITIES);
  info->elements = FIELD(word, MAXDNN_CAPABILITIES_ELEMENTS);
  info->address_bits = FIELD(word, MAXDNN_CAPABILITIES_ADDRESS_BITS);
  info->counter_slots = FIELD(word, MAXDNN_CAPABILITIES_COUNTER_SLOTS);
  info->activation_words = get(device, MAXDNN_ACTIVATION_WORDS);
  info->weight_words = get(device, MAXDNN_WEIGHT_WORDS);
  info->parameter_words = get(device, MAXDNN_PARAMETER_WORDS);
  info->spec_digest = get(device, MAXDNN_SPEC_DIGEST);
  put(device, MAXDNN_INTERRUPT_ENABLE,
      MAXDNN_INTERRUPT_ENABLE_DONE_ENABLE_MASK | MAXDNN_INTERRUPT_ENABLE_ERROR_ENABLE_MASK);
  return maxdnn_soft_reset(device, polls);
}

int maxdnn_start(const maxdnn_device *device, const maxdnn_job *job) {
  if (get(device, MAXDNN_STATUS) & MAXDNN_STATUS_BUSY_MASK) return MAXDNN_BUSY;
  put64(device, MAXDNN_PROGRAM_BASE_LO, job->program_base);
  put64(device, MAXDNN_INPUT_BASE_LO, job->input_base);
  put64(device, MAXDNN_OUTPUT_BASE_LO, job->output_base);
  put64(device, MAXDNN_SCRATCH_BASE_LO, job->scratch_base);
  put(device, MAXDNN_DESCRIPTOR_FIRST, job->first);
  put(device, MAXDNN_DESCRIPTOR_COUNT, job->count);
  put(device, MAXDNN_COUNTER_FIRST, job->counter_first);
  put(device, MAXDNN_CONTROL, MAXDNN_CONTROL_START_MASK);
  return MAXDNN_OK;
}

uint32_t maxdnn_interrupt(const maxdnn_device *device) {
  uint32_t events = get(device, MAXDNN_INTERRUPT_STATUS);
  put(device, MAXDNN_INTERRUPT_STATUS, events);
  return events;
}

int maxdnn_wait(const maxdnn_device *device, uint32_t polls) {
  while (polls-- > 0) {
    int state = maxdnn_read_status(device, 0);
    if (state != MAXDNN_BUSY) return state;
  }
  return MAXDNN_TIMEOUT;
}

int maxdnn_read_status(const maxdnn_device *device, maxdnn_status *status) {
  uint32_t word = get(device, MAXDNN_STATUS);
  int busy = FIELD(word, MAXDNN_STATUS_BUSY) != 0;
  int error = FIELD(word, MAXDNN_STATUS_ERROR) != 0;
  if (status) {
    status->busy = busy;
    status->done = FIELD(word, MAXDNN_STATUS_DONE) != 0;
    status->error = error;
    status->error_code = FIELD(word, MAXDNN_STATUS_ERROR_CODE);
    status->descriptor = FIELD(word, MAXDNN_STATUS_DESCRIPTOR);
    status->error_address = get64(device, MAXDNN_ERROR_ADDRESS_LO);
    status->total_cycles = get64(device, MAXDNN_TOTAL_CYCLES_LO);
  }
  return busy ? MAXDNN_BUSY : error ? MAXDNN_FAILED : MAXDNN_OK;
}

void maxdnn_read_counters(const maxdnn_device *device, uint32_t slot, uint32_t counts[MAXDNN_COUNTERS]) {
  uint32_t k;
  put(device, MAXDNN_COUNTER_SELECT, slot);
  for (k = 0; k < MAXDNN_COUNTERS; k++) counts[k] = get(device, MAXDNN_COUNTER_CYCLES + 4 * k);
}

int maxdnn_soft_reset(const maxdnn_device *device, uint32_t polls) {
  put(device, MAXDNN_CONTROL, MAXDNN_CONTROL_SOFT_RESET_MASK);
  while (polls-- > 0) {
    if (!(get(device, MAXDNN_STATUS) & MAXDNN_STATUS_BUSY_MASK)) return MAXDNN_OK;
  }
  return MAXDNN_TIMEOUT;
}

const char *maxdnn_error_name(unsigned code) {
  switch (code) {
    case MAXDNN_ERROR_NONE: return "none";
    case MAXDNN_ERROR_FETCH: return "fetch";
    case MAXDNN_ERROR_LOAD: return "load";
    case MAXDNN_ERROR_STORE: return "store";
    case MAXDNN_ERROR_TRANSFER: return "transfer";
    case MAXDNN_ERROR_FAULT: return "fault";
    default: return "unknown";
  }
}
