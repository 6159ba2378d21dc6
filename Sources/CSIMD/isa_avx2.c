// AVX2 and FMA: a tile of 6 x 16 takes 12 of the 16 registers for sums.
#if defined(__x86_64__)
#include "sets.h"
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define TILE_ROWS 6
#define PERMUTE(table, index) __builtin_ia32_permvarsf256(table, index)
#define MULTIPLY_PAIRS(sum, a, b) \
  ((sum) + (vs)__builtin_ia32_pmaddwd256((pairs_of_short)(a), (pairs_of_short)(b)))
typedef short pairs_of_short __attribute__((vector_size(32)));
#define SET_NAME "avx2"
#define SET aviary_kernels_avx2
#define SET_BF16 aviary_bf16_avx2
#include "kernels.inc.h"
#pragma clang attribute pop
#endif
