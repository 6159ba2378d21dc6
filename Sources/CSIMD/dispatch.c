// The choice of the instruction set.
#include "aviary_simd.h"
#include "sets.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
// The set `avx512` with the one kernel that VNNI makes faster.
static struct aviary_kernels with_vnni;
static void make_vnni(void) {
  with_vnni = aviary_kernels_avx512;
  with_vnni.name = "avx512vnni";
  with_vnni.short_strip = aviary_short_strip_avx512vnni;
}
#endif

const struct aviary_kernels *aviary_kernels_named(const char *name) {
  if (strcmp(name, "portable") == 0) return &aviary_kernels_portable;
#if defined(__x86_64__)
  // The builtins also ask the operating system whether it saves the wide registers.
  __builtin_cpu_init();
  if (strcmp(name, "avx2") == 0 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return &aviary_kernels_avx2;
  if (strcmp(name, "avx512") == 0 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
      && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
    return &aviary_kernels_avx512;
  if (strcmp(name, "avx512vnni") == 0 && __builtin_cpu_supports("avx512vnni") && aviary_kernels_named("avx512")) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_vnni);
    return &with_vnni;
  }
#endif
  return 0;
}

const struct aviary_kernels *aviary_kernels(void) {
  // Racing first calls all arrive at the same answer.
  static const struct aviary_kernels *chosen;
  const struct aviary_kernels *set = __atomic_load_n(&chosen, __ATOMIC_ACQUIRE);
  if (set) return set;
  const char *wish = getenv("AVIARY_ISA");
  if (wish) set = aviary_kernels_named(wish);
  if (!set) set = aviary_kernels_named("avx512vnni");
  if (!set) set = aviary_kernels_named("avx512");
  if (!set) set = aviary_kernels_named("avx2");
  if (!set) set = &aviary_kernels_portable;
  __atomic_store_n(&chosen, set, __ATOMIC_RELEASE);
  return set;
}

#define ROW(name) \
  void aviary_##name##_f32(float *dst, const float *src, long n) { aviary_kernels()->name(dst, src, n); }
ROW(exp)
ROW(tanh)
ROW(erf)
ROW(sigmoid)
ROW(silu)
ROW(gelu)
ROW(gelu_tanh)
