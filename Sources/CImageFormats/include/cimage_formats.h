// WebP, TIFF and JPEG 2000 as 8-bit samples, through libwebp, libtiff and OpenJPEG.
//
// Each format has a header function, which says what the read function will write, and allocates little; the
// caller refuses sizes it does not want before reading. All return 0, or -1 with a message (always terminated).
#ifndef AVIARY_CIMAGE_FORMATS_H
#define AVIARY_CIMAGE_FORMATS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint32_t width, height;
  uint32_t channels; // 1 grey, 3 RGB
} cimage_layout;

typedef struct {
  const uint8_t *bytes;
  size_t size;
  char *message;
  size_t message_size;
} cimage_source;

int cimage_webp_header(const cimage_source *source, cimage_layout *layout);
int cimage_tiff_header(const cimage_source *source, cimage_layout *layout);
int cimage_jp2_header(const cimage_source *source, cimage_layout *layout);

// `out_size` must be width * height * channels of the header; anything else is an error. Alpha is dropped.
int cimage_webp_read(const cimage_source *source, uint8_t *out, size_t out_size);
int cimage_tiff_read(const cimage_source *source, uint8_t *out, size_t out_size);
int cimage_jp2_read(const cimage_source *source, uint8_t *out, size_t out_size);

#endif
