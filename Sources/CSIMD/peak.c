// The peak of single-precision arithmetic, per instruction set.
#include "aviary_simd.h"

#include <string.h>

#if defined(__x86_64__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#define LANES 16
#define SUMS 24
#define PEAK peak_avx512
#include "peak.inc.h"
#undef LANES
#undef SUMS
#undef PEAK
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define SUMS 12
#define PEAK peak_avx2
#include "peak.inc.h"
#undef LANES
#undef SUMS
#undef PEAK
#pragma clang attribute pop
#endif

#define LANES 4
#define SUMS 12
#define PEAK peak_portable
#include "peak.inc.h"

double aviary_peak_run(const char *name, long rounds) {
  if (!aviary_kernels_named(name)) return 0;
#if defined(__x86_64__)
  if (strncmp(name, "avx512", 6) == 0) return peak_avx512(rounds);
  if (strcmp(name, "avx2") == 0) return peak_avx2(rounds);
#endif
  return peak_portable(rounds);
}
