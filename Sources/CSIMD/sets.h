// The sets that isa_*.c define.
#ifndef AVIARY_SETS_H
#define AVIARY_SETS_H
#include "aviary_bf16.h"
#include "aviary_simd.h"

// Before any target attribute is pushed, so that none applies to the library's functions.
#include <stddef.h>
#include <string.h>

extern const struct aviary_kernels aviary_kernels_portable;
extern const struct aviary_bf16 aviary_bf16_portable;
#if defined(__x86_64__)
extern const struct aviary_kernels aviary_kernels_avx2;
extern const struct aviary_kernels aviary_kernels_avx512;
void aviary_short_strip_avx512vnni(const struct aviary_short_strip *strip, const short *weights, int *dst);
extern const struct aviary_bf16 aviary_bf16_avx2;
extern const struct aviary_bf16 aviary_bf16_avx512;
extern const struct aviary_bf16 aviary_bf16_avx512_native;
#endif
#endif
