// What the thread pool needs from C.
#define _GNU_SOURCE
#include "aviary_simd.h"

#include <sched.h>
#include <unistd.h>

static _Thread_local int in_parallel;

int aviary_in_parallel(void) { return in_parallel; }
void aviary_set_in_parallel(int value) { in_parallel = value; }

int aviary_available_processors(void) {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online < 1 ? 1 : (int)online;
}
