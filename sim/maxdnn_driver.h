/* Driver of the accelerator for bare metal, C99: it touches the hardware through two callbacks only, needs no memory
 * allocation and no operating system. maxdnn_registers.h comes with the Verilog. */
#ifndef MAXDNN_DRIVER_H
#define MAXDNN_DRIVER_H

#include <stdint.h>

#include "maxdnn_registers.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How to reach the registers; offsets are bytes from the base of the accelerator. */
typedef struct {
  uint32_t (*read32)(void *context, uint32_t offset);
  void (*write32)(void *context, uint32_t offset, uint32_t value);
  void *context;
} maxdnn_device;

/* What functions return. */
enum {
  MAXDNN_OK = 0,
  MAXDNN_NOT_THERE = 1,     /* identity does not match */
  MAXDNN_WRONG_VERSION = 2, /* major version is not the one of this driver */
  MAXDNN_BUSY = 3,
  MAXDNN_TIMEOUT = 4,
  MAXDNN_FAILED = 5         /* the job ended with an error: maxdnn_read_status */
};

/* Fixed properties of the accelerator. */
typedef struct {
  unsigned rows, columns, lanes, accumulator_bits, accumulator_depth, multipliers, elements, address_bits;
  unsigned counter_slots;
  uint32_t activation_words, weight_words, parameter_words, spec_digest;
} maxdnn_info;

/* What to run. */
typedef struct {
  uint64_t program_base, input_base, output_base, scratch_base; /* multiples of 8 */
  uint16_t first, count;   /* descriptors */
  uint16_t counter_first;  /* the first descriptor whose counts are kept */
} maxdnn_job;

typedef struct {
  int busy, done, error;
  unsigned error_code; /* MAXDNN_ERROR_... */
  unsigned descriptor; /* the present or the last one */
  uint64_t error_address, total_cycles;
} maxdnn_status;

/* Identifies the accelerator, resets it, switches its interrupts on. `polls`: status reads before it gives up. */
int maxdnn_init(const maxdnn_device *device, maxdnn_info *info, uint32_t polls);
/* Begins a job; the bases may be changed again when it has ended. */
int maxdnn_start(const maxdnn_device *device, const maxdnn_job *job);
/* To be called when the interrupt is raised: what happened (done 1, error 2), which is cleared. */
uint32_t maxdnn_interrupt(const maxdnn_device *device);
/* Without interrupts: reads the status until the job has ended. */
int maxdnn_wait(const maxdnn_device *device, uint32_t polls);
/* MAXDNN_OK, MAXDNN_BUSY or MAXDNN_FAILED; `status` may be null. */
int maxdnn_read_status(const maxdnn_device *device, maxdnn_status *status);
/* Counts of a descriptor of the last job (MAXDNN_COUNT_... are the places), from its slot: number - counter_first. */
void maxdnn_read_counters(const maxdnn_device *device, uint32_t slot, uint32_t counts[MAXDNN_COUNTERS]);
/* Gives up what is going on and waits until the accelerator is at rest. */
int maxdnn_soft_reset(const maxdnn_device *device, uint32_t polls);
/* Name of an error code. */
const char *maxdnn_error_name(unsigned code);

#ifdef __cplusplus
}
#endif

#endif
