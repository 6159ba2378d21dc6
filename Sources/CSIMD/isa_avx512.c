// AVX-512: a tile of 14 x 32 takes 28 of the 32 registers for sums.
#if defined(__x86_64__)
#include "sets.h"
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#define LANES 16
#define TILE_ROWS 14
#define PERMUTE(table, index) __builtin_ia32_permvarsf512(table, index)
#define MULTIPLY_PAIRS(sum, a, b) \
  ((sum) + (vs)__builtin_ia32_pmaddwd512((pairs_of_short)(a), (pairs_of_short)(b)))
typedef short pairs_of_short __attribute__((vector_size(64)));
#define SET_NAME "avx512"
#define SET aviary_kernels_avx512
#define SET_BF16 aviary_bf16_avx512
#include "kernels.inc.h"
#pragma clang attribute pop
#endif
