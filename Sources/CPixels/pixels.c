#include "include/cpixels.h"

#define INLINE static inline __attribute__((always_inline))

// Sums wrap as unsigned numbers do; the weights are such that no sum of bytes comes near that.

INLINE uint8_t eight_bits(uint32_t sum, int32_t precision) {
  int32_t value = (int32_t)sum >> precision;
  return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

INLINE void grey(const uint8_t *restrict rgb, uint8_t *restrict target, int64_t pixels) {
  for (int64_t i = 0; i < pixels; i++) {
    uint32_t sum = 19595u * rgb[3 * i] + 38470u * rgb[3 * i + 1] + 7471u * rgb[3 * i + 2] + 0x8000u;
    target[i] = (uint8_t)(sum >> 16);
  }
}

INLINE void rows(const uint8_t *restrict source, uint8_t *restrict target, int64_t height, int64_t source_width,
                 int64_t width, int64_t channels, cpixels_axis axis) {
  uint32_t half = (uint32_t)1 << (axis.precision - 1);
  for (int64_t y = 0; y < height; y++) {
    const uint8_t *row = source + y * source_width * channels;
    for (int64_t x = 0; x < width; x++) {
      const uint8_t *pixels = row + axis.starts[x] * channels;
      const int32_t *weights = axis.weights + x * axis.stride;
      int64_t count = axis.counts[x];
      if (channels == 1) {
        uint32_t sum = half;
        for (int64_t tap = 0; tap < count; tap++) sum += pixels[tap] * (uint32_t)weights[tap];
        target[y * width + x] = eight_bits(sum, axis.precision);
      } else {
        uint32_t red = half, green = half, blue = half;
        for (int64_t tap = 0; tap < count; tap++) {
          uint32_t weight = (uint32_t)weights[tap];
          red += pixels[3 * tap] * weight;
          green += pixels[3 * tap + 1] * weight;
          blue += pixels[3 * tap + 2] * weight;
        }
        uint8_t *place = target + (y * width + x) * 3;
        place[0] = eight_bits(red, axis.precision);
        place[1] = eight_bits(green, axis.precision);
        place[2] = eight_bits(blue, axis.precision);
      }
    }
  }
}

INLINE void columns(const uint8_t *restrict source, uint8_t *restrict target, int64_t height, int64_t row_length,
                    cpixels_axis axis, uint32_t *restrict sums) {
  uint32_t half = (uint32_t)1 << (axis.precision - 1);
  for (int64_t y = 0; y < height; y++) {
    const uint8_t *first = source + axis.starts[y] * row_length;
    const int32_t *weights = axis.weights + y * axis.stride;
    for (int64_t x = 0; x < row_length; x++) sums[x] = half;
    for (int64_t tap = 0; tap < axis.counts[y]; tap++) {
      const uint8_t *row = first + tap * row_length;
      uint32_t weight = (uint32_t)weights[tap];
      for (int64_t x = 0; x < row_length; x++) sums[x] += row[x] * weight;
    }
    for (int64_t x = 0; x < row_length; x++) target[y * row_length + x] = eight_bits(sums[x], axis.precision);
  }
}

#if defined(__x86_64__)
#define WIDE __attribute__((target("avx2")))
static WIDE void grey_wide(const uint8_t *rgb, uint8_t *target, int64_t pixels) { grey(rgb, target, pixels); }
static WIDE void rows_wide(const uint8_t *source, uint8_t *target, int64_t height, int64_t source_width,
                           int64_t width, int64_t channels, cpixels_axis axis) {
  if (channels == 1) rows(source, target, height, source_width, width, 1, axis);
  else rows(source, target, height, source_width, width, 3, axis);
}
static WIDE void columns_wide(const uint8_t *source, uint8_t *target, int64_t height, int64_t row_length,
                              cpixels_axis axis, uint32_t *sums) {
  columns(source, target, height, row_length, axis, sums);
}
#define HAS_WIDE __builtin_cpu_supports("avx2")
#else
#define grey_wide grey
#define rows_wide rows
#define columns_wide columns
#define HAS_WIDE 0
#endif

void cpixels_grey(const uint8_t *rgb, uint8_t *target, int64_t pixels) {
  if (HAS_WIDE) grey_wide(rgb, target, pixels);
  else grey(rgb, target, pixels);
}

void cpixels_rows(const uint8_t *source, uint8_t *target, int64_t height, int64_t source_width, int64_t width,
                  int64_t channels, cpixels_axis axis) {
  if (HAS_WIDE) rows_wide(source, target, height, source_width, width, channels, axis);
  else if (channels == 1) rows(source, target, height, source_width, width, 1, axis);
  else rows(source, target, height, source_width, width, 3, axis);
}

void cpixels_columns(const uint8_t *source, uint8_t *target, int64_t height, int64_t row_length, cpixels_axis axis,
                     uint32_t *sums) {
  if (HAS_WIDE) columns_wide(source, target, height, row_length, axis, sums);
  else columns(source, target, height, row_length, axis, sums);
}
