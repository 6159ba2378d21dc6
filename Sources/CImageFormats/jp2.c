#include <stdio.h>
#include <string.h>

#include <openjpeg.h>

#include "cimage_formats.h"

typedef struct {
  const cimage_source *source;
  size_t position;
} memory_file;

static OPJ_SIZE_T read_memory(void *target, OPJ_SIZE_T count, void *data) {
  memory_file *file = data;
  size_t rest = file->source->size - file->position;
  if (rest == 0) return (OPJ_SIZE_T)-1;
  size_t taken = count < rest ? count : rest;
  memcpy(target, file->source->bytes + file->position, taken);
  file->position += taken;
  return taken;
}

static OPJ_OFF_T skip_memory(OPJ_OFF_T count, void *data) {
  memory_file *file = data;
  size_t rest = file->source->size - file->position;
  if (count < 0) return -1;
  size_t taken = (size_t)count < rest ? (size_t)count : rest;
  file->position += taken;
  return taken > 0 || count == 0 ? (OPJ_OFF_T)taken : -1;
}

static OPJ_BOOL seek_memory(OPJ_OFF_T position, void *data) {
  memory_file *file = data;
  if (position < 0 || (size_t)position > file->source->size) return OPJ_FALSE;
  file->position = (size_t)position;
  return OPJ_TRUE;
}

static int fail(const cimage_source *source, const char *text) {
  snprintf(source->message, source->message_size, "%s", text);
  return -1;
}

static void keep_message(const char *text, void *data) {
  const cimage_source *source = data;
  snprintf(source->message, source->message_size, "%s", text);
  size_t length = strlen(source->message);
  if (length > 0 && source->message[length - 1] == '\n') source->message[length - 1] = 0;
}

typedef struct {
  opj_codec_t *codec;
  opj_stream_t *stream;
  opj_image_t *image;
} reader;

static void close_reader(reader *all) {
  if (all->image) opj_image_destroy(all->image);
  if (all->stream) opj_stream_destroy(all->stream);
  if (all->codec) opj_destroy_codec(all->codec);
}

static int open_reader(const cimage_source *source, memory_file *file, reader *all) {
  memset(all, 0, sizeof *all);
  source->message[0] = 0;
  // A bare codestream begins with its own marker, a file with a box.
  int bare = source->size > 4 && memcmp(source->bytes, "\xFF\x4F\xFF\x51", 4) == 0;
  all->codec = opj_create_decompress(bare ? OPJ_CODEC_J2K : OPJ_CODEC_JP2);
  all->stream = opj_stream_default_create(OPJ_TRUE);
  if (!all->codec || !all->stream) return fail(source, "no memory for a decoder");
  opj_set_error_handler(all->codec, keep_message, (void *)source);
  opj_stream_set_read_function(all->stream, read_memory);
  opj_stream_set_skip_function(all->stream, skip_memory);
  opj_stream_set_seek_function(all->stream, seek_memory);
  opj_stream_set_user_data(all->stream, file, NULL);
  opj_stream_set_user_data_length(all->stream, source->size);
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  if (!opj_setup_decoder(all->codec, &parameters) || !opj_read_header(all->stream, all->codec, &all->image))
    return source->message[0] ? -1 : fail(source, "broken header");
  return 0;
}

static int layout_of(const cimage_source *source, const opj_image_t *image, cimage_layout *layout) {
  if (image->numcomps < 1 || image->numcomps > 4 || image->x1 <= image->x0 || image->y1 <= image->y0)
    return fail(source, "an unusual number of components or an empty area");
  for (OPJ_UINT32 i = 0; i < image->numcomps; i++) {
    const opj_image_comp_t *part = &image->comps[i];
    if (part->prec < 1 || part->prec > 31 || part->dx < 1 || part->dy < 1)
      return fail(source, "components of an unusual depth");
  }
  layout->width = image->x1 - image->x0;
  layout->height = image->y1 - image->y0;
  layout->channels = image->numcomps < 3 ? 1 : 3;
  return 0;
}

int cimage_jp2_header(const cimage_source *source, cimage_layout *layout) {
  memory_file file = {source, 0};
  reader all;
  int status = open_reader(source, &file, &all);
  if (status == 0) status = layout_of(source, all.image, layout);
  close_reader(&all);
  return status;
}

// The sample of a component at a place of the picture, as 8 bits.
static int sample(const opj_image_t *image, OPJ_UINT32 index, uint32_t x, uint32_t y) {
  const opj_image_comp_t *part = &image->comps[index];
  uint32_t column = x / part->dx, row = y / part->dy;
  if (column >= part->w) column = part->w - 1;
  if (row >= part->h) row = part->h - 1;
  int64_t value = part->data[(size_t)row * part->w + column];
  if (part->sgnd) value += (int64_t)1 << (part->prec - 1);
  value = part->prec > 8 ? value >> (part->prec - 8) : part->prec < 8 ? value * 255 / ((1 << part->prec) - 1) : value;
  return value < 0 ? 0 : value > 255 ? 255 : (int)value;
}

static uint8_t clamped(double value) { return value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t)(value + 0.5); }

int cimage_jp2_read(const cimage_source *source, uint8_t *out, size_t out_size) {
  memory_file file = {source, 0};
  reader all;
  cimage_layout layout = {0};
  int status = open_reader(source, &file, &all);
  if (status == 0) status = layout_of(source, all.image, &layout);
  if (status == 0 && out_size != (uint64_t)layout.width * layout.height * layout.channels)
    status = fail(source, "another size than the header's");
  if (status == 0 &&
      (!opj_decode(all.codec, all.stream, all.image) || !opj_end_decompress(all.codec, all.stream)))
    status = source->message[0] ? -1 : fail(source, "the data are broken or end early");
  for (OPJ_UINT32 i = 0; status == 0 && i < all.image->numcomps; i++) {
    const opj_image_comp_t *part = &all.image->comps[i];
    if (part->data == NULL || part->w == 0 || part->h == 0) status = fail(source, "a component is missing");
  }
  if (status == 0) {
    int luma = all.image->color_space == OPJ_CLRSPC_SYCC || all.image->color_space == OPJ_CLRSPC_EYCC;
    for (uint32_t y = 0; y < layout.height; y++) {
      for (uint32_t x = 0; x < layout.width; x++) {
        uint8_t *pixel = out + ((size_t)y * layout.width + x) * layout.channels;
        int first = sample(all.image, 0, x, y);
        if (layout.channels == 1) {
          pixel[0] = (uint8_t)first;
          continue;
        }
        int second = sample(all.image, 1, x, y), third = sample(all.image, 2, x, y);
        if (luma) {
          double cb = second - 128, cr = third - 128;
          pixel[0] = clamped(first + 1.402 * cr);
          pixel[1] = clamped(first - 0.344136 * cb - 0.714136 * cr);
          pixel[2] = clamped(first + 1.772 * cb);
        } else {
          pixel[0] = (uint8_t)first;
          pixel[1] = (uint8_t)second;
          pixel[2] = (uint8_t)third;
        }
      }
    }
  }
  close_reader(&all);
  return status;
}
