#include "CPNGReader.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

typedef struct {
  const uint8_t *bytes;
  size_t size, position;
  char *message;
  size_t message_size;
} source;

static void on_error(png_structp png, png_const_charp text) {
  source *s = png_get_error_ptr(png);
  if (s->message_size > 0) {
    strncpy(s->message, text, s->message_size - 1);
    s->message[s->message_size - 1] = 0;
  }
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static void read_bytes(png_structp png, png_bytep out, size_t count) {
  source *s = png_get_io_ptr(png);
  if (count > s->size - s->position) png_error(png, "the file ends early");
  memcpy(out, s->bytes + s->position, count);
  s->position += count;
}

// Reads up to the first IDAT and asks for raw samples. Runs under the caller's setjmp.
static int begin(png_structp png, png_infop info, source *s, cpng_layout *layout) {
  png_set_read_fn(png, s, read_bytes);
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff); // the caller checks width * height before reading
  png_read_info(png, info);
  png_set_expand(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  layout->width = png_get_image_width(png, info);
  layout->height = png_get_image_height(png, info);
  layout->channels = png_get_channels(png, info);
  layout->bytes_per_sample = png_get_bit_depth(png, info) == 16 ? 2 : 1;
  return passes;
}

int cpng_header(const uint8_t *bytes, size_t size, cpng_layout *layout, char *message, size_t message_size) {
  source s = {bytes, size, 0, message, message_size};
  if (message_size > 0) message[0] = 0;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &s, on_error, on_warning);
  if (!png) return -1;
  png_infop info = png_create_info_struct(png);
  if (!info) {
    png_destroy_read_struct(&png, NULL, NULL);
    return -1;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return -1;
  }
  begin(png, info, &s, layout);
  png_destroy_read_struct(&png, &info, NULL);
  return 0;
}

int cpng_read(const uint8_t *bytes, size_t size, uint8_t *out, size_t out_size, char *message,
              size_t message_size) {
  source s = {bytes, size, 0, message, message_size};
  cpng_layout layout;
  if (message_size > 0) message[0] = 0;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &s, on_error, on_warning);
  if (!png) return -1;
  png_infop info = png_create_info_struct(png);
  if (!info) {
    png_destroy_read_struct(&png, NULL, NULL);
    return -1;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return -1;
  }
  int passes = begin(png, info, &s, &layout);
  size_t row = png_get_rowbytes(png, info);
  if (row == 0 || out_size % row != 0 || out_size / row != layout.height)
    png_error(png, "the image does not have the announced size");
  // Without a display row, each pass of an interlaced image fills in its own pixels of the same rows.
  for (int pass = 0; pass < passes; ++pass)
    for (uint32_t y = 0; y < layout.height; ++y) png_read_row(png, out + (size_t)y * row, NULL);
  png_read_end(png, NULL);
  png_destroy_read_struct(&png, &info, NULL);
  return 0;
}
