// The choice of the bfloat16 kernels.
#include "sets.h"

const struct aviary_bf16 *aviary_bf16_named(const char *name, int emulated) {
  const struct aviary_kernels *set = aviary_kernels_named(name);
#if defined(__x86_64__)
  // With VNNI too.
  if (set && strncmp(set->name, "avx512", 6) == 0)
    return !emulated && __builtin_cpu_supports("avx512bf16") ? &aviary_bf16_avx512_native : &aviary_bf16_avx512;
  if (set == &aviary_kernels_avx2) return &aviary_bf16_avx2;
#endif
  return set ? &aviary_bf16_portable : 0;
}
