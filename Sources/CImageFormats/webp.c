#include <stdio.h>

#include <webp/decode.h>

#include "cimage_formats.h"

static int fail(const cimage_source *source, const char *text) {
  snprintf(source->message, source->message_size, "%s", text);
  return -1;
}

static int features(const cimage_source *source, WebPBitstreamFeatures *found) {
  if (WebPGetFeatures(source->bytes, source->size, found) != VP8_STATUS_OK) return fail(source, "broken header");
  if (found->has_animation) return fail(source, "an animation");
  return 0;
}

int cimage_webp_header(const cimage_source *source, cimage_layout *layout) {
  WebPBitstreamFeatures found;
  if (features(source, &found) != 0) return -1;
  layout->width = (uint32_t)found.width;
  layout->height = (uint32_t)found.height;
  layout->channels = 3;
  return 0;
}

int cimage_webp_read(const cimage_source *source, uint8_t *out, size_t out_size) {
  WebPBitstreamFeatures found;
  if (features(source, &found) != 0) return -1;
  size_t row = (size_t)found.width * 3;
  if (out_size != row * (size_t)found.height) return fail(source, "another size than the header's");
  if (WebPDecodeRGBInto(source->bytes, source->size, out, out_size, (int)row) == NULL)
    return fail(source, "the data are broken or end early");
  return 0;
}
