#ifndef CPIXELS_H
#define CPIXELS_H

#include <stddef.h>
#include <stdint.h>

// The loops over pixels that take longest, for whichever vector instructions the processor has: the package is
// built for the oldest of them. All are exact, so that every processor gives the same bytes.

/// Weights of a resize along one axis: target `i` is the sum of `counts[i]` source values from `starts[i]` on times
/// `weights[i * stride ...]`, fixed point with `precision` fractional bits, rounded and clamped.
typedef struct {
  const int64_t *starts;
  const int64_t *counts;
  const int32_t *weights;
  int64_t stride;
  int32_t precision;
} cpixels_axis;

/// Luma of BT.601 as Pillow rounds it: (19595 R + 38470 G + 7471 B + 32768) >> 16.
void cpixels_grey(const uint8_t *rgb, uint8_t *grey, int64_t pixels);

/// Resizes rows: `height` rows of `source_width` pixels of `channels` (1 or 3) bytes to `width`.
void cpixels_rows(const uint8_t *source, uint8_t *target, int64_t height, int64_t source_width, int64_t width,
                  int64_t channels, cpixels_axis axis);

/// Resizes columns: rows of `row_length` bytes to `height` of them. `sums` has room for `row_length` values.
void cpixels_columns(const uint8_t *source, uint8_t *target, int64_t height, int64_t row_length, cpixels_axis axis,
                     uint32_t *sums);

#endif
