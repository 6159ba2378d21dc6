// Products of bfloat16 with sums in single precision.
//
// A bfloat16 is the upper half of a float. Two neighbours stand in one 32-bit word, the first in its lower
// half. What the kernels compute is what VDPBF16PS computes, whether the processor has it or not.
#ifndef AVIARY_BF16_H
#define AVIARY_BF16_H

#include "aviary_simd.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The twin of `pixel_strip` for pairs of inputs: words instead of floats in `src`, `weights` and whatever
/// `tile`, `offsets`, `stride` and `next_floats` count. A row of weights has for each channel the word of
/// the two weights that meet the two inputs of a word. tile->count * tile->run >= 1.
typedef void (*aviary_pixel_strip_bf16_fn)(
    const struct aviary_pixel_tile *tile, const void *src, const long *offsets, long stride, long pixels,
    long blocks, const void *weights, const struct aviary_pixel_target *to);

/// Rounds n floats to bfloat16, ties to even; NaN stays NaN. An odd n is filled up to whole words with 0.
typedef void (*aviary_narrow_row_fn)(void *dst, const float *src, long n);

/// Rounds two rows into one of words, `even` into their lower halves, `odd` (NULL: zeros) into their upper
/// ones.
typedef void (*aviary_narrow_pairs_fn)(void *dst, const float *even, const float *odd, long n);

/// The bfloat16 kernels of one instruction set.
struct aviary_bf16 {
  /// Whether the processor's dot products compute them, rather than single-precision multiply-adds.
  int is_native;
  aviary_pixel_strip_bf16_fn pixel_strip;
  aviary_narrow_row_fn narrow_row;
  aviary_narrow_pairs_fn narrow_pairs;
};

/// Those that go with the set of that name (`aviary_kernels_named`), or NULL where this processor lacks it.
/// `avx512` uses dot products where the processor has them unless `emulated` forbids it.
const struct aviary_bf16 *aviary_bf16_named(const char *name, int emulated);

#ifdef __cplusplus
}
#endif
#endif
