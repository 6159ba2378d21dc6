// AVX-512 BF16: only the kernels that have a use for its dot products.
#if defined(__x86_64__)
#include "sets.h"
#pragma clang attribute push( \
    __attribute__((target("avx512bf16,avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#define LANES 16
#define BF16_NATIVE
#define SET_BF16 aviary_bf16_avx512_native
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#include "math.inc.h"
#include "pixels.inc.h"
#include "bf16.inc.h"
#pragma clang attribute pop
#endif
