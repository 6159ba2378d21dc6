// AVX-512 VNNI: only the kernel that has a use for its dot products of 16-bit pairs, whose sums do not saturate.
#if defined(__x86_64__)
#include "sets.h"
#pragma clang attribute push( \
    __attribute__((target("avx512vnni,avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#define LANES 16
#define MULTIPLY_PAIRS(sum, a, b) \
  ((vs)__builtin_ia32_vpdpwssd512((wide_int)(sum), (wide_int)(a), (wide_int)(b)))
typedef int wide_int __attribute__((vector_size(64)));
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#include "strips.inc.h"
void aviary_short_strip_avx512vnni(const struct aviary_short_strip *strip, const short *weights, int *dst) {
  short_strip(strip, weights, dst);
}
#pragma clang attribute pop
#endif
