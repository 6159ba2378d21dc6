// A PNG as raw samples, through libpng. libpng reports errors with longjmp, which must not cross Swift
// frames: both functions catch it here and return a status and a message.
#ifndef AVIARY_CPNG_READER_H
#define AVIARY_CPNG_READER_H

#include <stddef.h>
#include <stdint.h>

// The layout that `cpng_read` writes: palettes expanded to RGB, tRNS to an alpha channel, greys below 8 bits
// scaled to 8. No gamma or colour-profile correction: samples come as stored.
typedef struct {
  uint32_t width, height;
  uint32_t channels;         // 1 grey, 2 grey+alpha, 3 RGB, 4 RGBA
  uint32_t bytes_per_sample; // 1, or 2 (big endian)
} cpng_layout;

// Both return 0, or -1 with a message (always terminated) in `message`.
int cpng_header(const uint8_t *bytes, size_t size, cpng_layout *layout, char *message, size_t message_size);

// `out_size` must be width * height * channels * bytes_per_sample; anything else is an error.
int cpng_read(const uint8_t *bytes, size_t size, uint8_t *out, size_t out_size, char *message,
              size_t message_size);

#endif
