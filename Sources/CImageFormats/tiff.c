#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

#include "cimage_formats.h"

// libtiff reads through these from memory; positions outside are refused, never followed.
typedef struct {
  const cimage_source *source;
  uint64_t position;
} memory_file;

static tmsize_t read_memory(thandle_t handle, void *target, tmsize_t count) {
  memory_file *file = (memory_file *)handle;
  uint64_t size = file->source->size;
  if (count <= 0 || file->position >= size) return 0;
  uint64_t rest = size - file->position;
  uint64_t taken = (uint64_t)count < rest ? (uint64_t)count : rest;
  memcpy(target, file->source->bytes + file->position, (size_t)taken);
  file->position += taken;
  return (tmsize_t)taken;
}

static tmsize_t write_memory(thandle_t handle, void *bytes, tmsize_t count) {
  (void)handle, (void)bytes, (void)count;
  return 0;
}

static toff_t seek_memory(thandle_t handle, toff_t offset, int origin) {
  memory_file *file = (memory_file *)handle;
  uint64_t base = origin == SEEK_CUR ? file->position : origin == SEEK_END ? file->source->size : 0;
  uint64_t target = base + offset;
  if (target < base && (int64_t)offset > 0) return (toff_t)-1;
  file->position = target;
  return target;
}

static int close_memory(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t size_memory(thandle_t handle) { return ((memory_file *)handle)->source->size; }

static int fail(const cimage_source *source, const char *text) {
  snprintf(source->message, source->message_size, "%s", text);
  return -1;
}

#if TIFFLIB_VERSION >= 20221213
static int keep_message(TIFF *tiff, void *data, const char *module, const char *format, va_list arguments) {
  (void)tiff, (void)module;
  const cimage_source *source = (const cimage_source *)data;
  vsnprintf(source->message, source->message_size, format, arguments);
  return 1;
}

static int ignore_message(TIFF *tiff, void *data, const char *module, const char *format, va_list arguments) {
  (void)tiff, (void)data, (void)module, (void)format, (void)arguments;
  return 1;
}
#endif

static TIFF *open_memory(memory_file *file) {
#if TIFFLIB_VERSION >= 20221213
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (options == NULL) return NULL;
  // A strip or tile that is itself larger than any picture we take is a bomb.
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)1 << 30);
  TIFFOpenOptionsSetErrorHandlerExtR(options, keep_message, (void *)file->source);
  TIFFOpenOptionsSetWarningHandlerExtR(options, ignore_message, NULL);
  TIFF *tiff = TIFFClientOpenExt("image", "rm", (thandle_t)file, read_memory, write_memory, seek_memory,
                                 close_memory, size_memory, NULL, NULL, options);
  TIFFOpenOptionsFree(options);
  return tiff;
#else
  TIFFSetErrorHandler(NULL);
  TIFFSetWarningHandler(NULL);
  return TIFFClientOpen("image", "rm", (thandle_t)file, read_memory, write_memory, seek_memory, close_memory,
                        size_memory, NULL, NULL);
#endif
}

static int layout_of(TIFF *tiff, const cimage_source *source, cimage_layout *layout) {
  char reason[1024] = "";
  if (!TIFFRGBAImageOK(tiff, reason)) return fail(source, reason[0] ? reason : "of a kind that is not read");
  uint16_t photometric = 0, samples = 1;
  if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &layout->width) ||
      !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &layout->height))
    return fail(source, "no size");
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
  TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
  int grey = photometric == PHOTOMETRIC_MINISBLACK || photometric == PHOTOMETRIC_MINISWHITE;
  layout->channels = grey && samples == 1 ? 1 : 3;
  return 0;
}

int cimage_tiff_header(const cimage_source *source, cimage_layout *layout) {
  memory_file file = {source, 0};
  source->message[0] = 0;
  TIFF *tiff = open_memory(&file);
  if (tiff == NULL) return source->message[0] ? -1 : fail(source, "broken header");
  int status = layout_of(tiff, source, layout);
  TIFFClose(tiff);
  return status;
}

int cimage_tiff_read(const cimage_source *source, uint8_t *out, size_t out_size) {
  memory_file file = {source, 0};
  cimage_layout layout = {0};
  source->message[0] = 0;
  TIFF *tiff = open_memory(&file);
  if (tiff == NULL) return source->message[0] ? -1 : fail(source, "broken header");
  int status = layout_of(tiff, source, &layout);
  uint64_t pixels = (uint64_t)layout.width * layout.height;
  uint32_t *raster = NULL;
  if (status == 0 && (pixels > SIZE_MAX / 8 || out_size != pixels * layout.channels))
    status = fail(source, "another size than the header's");
  if (status == 0 && (raster = malloc((size_t)pixels * sizeof(uint32_t))) == NULL)
    status = fail(source, "no memory for the picture");
  // The last argument: stop at the first error, so that no pixel is made up. As stored, not turned.
  if (status == 0 &&
      !TIFFReadRGBAImageOriented(tiff, layout.width, layout.height, raster, ORIENTATION_TOPLEFT, 1))
    status = source->message[0] ? -1 : fail(source, "the data are broken or end early");
  if (status == 0) {
    for (uint64_t i = 0; i < pixels; i++) {
      uint32_t pixel = raster[i];
      if (layout.channels == 1) {
        out[i] = (uint8_t)TIFFGetR(pixel);
      } else {
        out[3 * i] = (uint8_t)TIFFGetR(pixel);
        out[3 * i + 1] = (uint8_t)TIFFGetG(pixel);
        out[3 * i + 2] = (uint8_t)TIFFGetB(pixel);
      }
    }
  }
  free(raster);
  TIFFClose(tiff);
  return status;
}
