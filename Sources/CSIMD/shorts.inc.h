// Products of 16-bit integers summed in 32 bits: what quantised convolutions and products are made of. Bytes less
// their zero point fit 16 bits, and two products of them 32, so nothing saturates.

typedef int vs __attribute__((vector_size(LANES * 4)));

// sum + a pair of products in each lane of 32 bits.
#ifndef MULTIPLY_PAIRS
#define MULTIPLY_PAIRS(sum, a, b) \
  ((sum) + ((((a) << 16) >> 16) * (((b) << 16) >> 16) + ((a) >> 16) * ((b) >> 16)))
#endif

INLINE vs load_pairs(const short *p) {
  vs v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINE vs splat_pair(const short *p) {
  int pair;
  memcpy(&pair, p, sizeof pair);
  return pair - (vs){0};
}

#if LANES == 16
#define SHORT_ROWS 14
#else
#define SHORT_ROWS 6
#endif

// `pixels` is constant at every call.
INLINE void short_tile(
    const int pixels, const struct aviary_short_strip *strip, const long *offsets, const short *weights, int *dst) {
  vs sum[SHORT_ROWS][2];
  const short *x[SHORT_ROWS];
  UNROLL for (int p = 0; p < pixels; p++) {
    x[p] = strip->src + offsets[p];
    sum[p][0] = sum[p][1] = (vs){0};
  }
  for (long s = 0; s < strip->count; s++) {
    const long at = strip->steps[s];
    for (long i = 0; i < strip->pairs; i++) {
      const vs w0 = load_pairs(weights), w1 = load_pairs(weights + 2 * LANES);
      weights += 4 * LANES;
      UNROLL for (int p = 0; p < pixels; p++) {
        const vs in = splat_pair(x[p] + at + 2 * i);
        sum[p][0] = MULTIPLY_PAIRS(sum[p][0], in, w0);
        sum[p][1] = MULTIPLY_PAIRS(sum[p][1], in, w1);
      }
    }
  }
  UNROLL for (int p = 0; p < pixels; p++) memcpy(dst + p * 2 * LANES, sum[p], sizeof sum[p]);
}

#define SHORT_TILE(n)                                                                                      \
  static void short_tile_##n(                                                                              \
      const struct aviary_short_strip *strip, const long *offsets, const short *weights, int *dst) {      \
    short_tile(n, strip, offsets, weights, dst);                                                           \
  }
SHORT_TILE(1) SHORT_TILE(2) SHORT_TILE(3) SHORT_TILE(4) SHORT_TILE(5) SHORT_TILE(6)
#if LANES == 16
SHORT_TILE(7) SHORT_TILE(8) SHORT_TILE(9) SHORT_TILE(10) SHORT_TILE(11) SHORT_TILE(12) SHORT_TILE(13) SHORT_TILE(14)
#endif
#undef SHORT_TILE

static void short_strip(const struct aviary_short_strip *strip, const short *weights, int *dst) {
  static void (*const tiles[])(const struct aviary_short_strip *, const long *, const short *, int *) = {
      short_tile_1, short_tile_2, short_tile_3, short_tile_4, short_tile_5, short_tile_6,
#if LANES == 16
      short_tile_7, short_tile_8, short_tile_9, short_tile_10, short_tile_11, short_tile_12, short_tile_13,
      short_tile_14,
#endif
  };
  if (strip->pixels <= 0) return;
  const long count = (strip->pixels + SHORT_ROWS - 1) / SHORT_ROWS;
  const long base = strip->pixels / count, larger = strip->pixels % count;
  long first = 0;
  for (long i = 0; i < count; i++) {
    const long size = base + (i < larger);
    tiles[size - 1](strip, strip->offsets + first, weights, dst + first * 2 * LANES);
    first += size;
  }
}

// Sums to bytes: dst = saturate(round(sum * scale) + zero), halves to even.
INLINE vs requantized(vs sum, vf scale, int zero, int low, int high) {
  const float magic = 12582912.0f;
  // The bounds are whole numbers: rounding does not leave them, and adding 1.5 * 2^23 rounds.
  const vf x = at_most(
      at_least(__builtin_convertvector(sum, vf) * scale, (float)(low - zero)), (float)(high - zero));
  return (vs)(x + magic) - (vs)splat(magic) + zero;
}

// Sixteen rows of sixteen bytes become columns: four times every row beside the one eight further on.
typedef unsigned char bytes16 __attribute__((vector_size(16)));
INLINE void transpose_bytes(bytes16 *r) {
  for (int round = 0; round < 4; round++) {
    bytes16 t[16];
    UNROLL for (int i = 0; i < 8; i++) {
      t[2 * i] = __builtin_shufflevector(r[i], r[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      t[2 * i + 1] =
          __builtin_shufflevector(r[i], r[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    UNROLL for (int i = 0; i < 16; i++) r[i] = t[i];
  }
}

// From columns of 2 * LANES channels to rows of channels: dst[c * dst_row + p].
static void short_finish(
    const int *sums, long pixels, long channels, const int *bias, const float *scale, int zero, int is_signed,
    unsigned char *dst, long dst_row, long dst_pixel) {
  const int low = is_signed ? -128 : 0, high = is_signed ? 127 : 255;
  unsigned char bytes[64][2 * LANES];
  for (long first = 0; first < pixels; first += 64) {
    const long some = pixels - first < 64 ? pixels - first : 64;
    for (long p = 0; p < some; p++)
      for (int half = 0; half < 2; half++) {
        vs sum, extra;
        memcpy(&sum, sums + (first + p) * 2 * LANES + half * LANES, sizeof sum);
        memcpy(&extra, bias + half * LANES, sizeof extra);
        const vs y = requantized(sum + extra, load(scale + half * LANES), zero, low, high);
        typedef unsigned char narrow __attribute__((vector_size(LANES)));
        const narrow b = __builtin_convertvector(y, narrow);
        memcpy(bytes[p] + half * LANES, &b, LANES);
      }
    if (dst_row == 1) {
      for (long p = 0; p < some; p++) memcpy(dst + (first + p) * dst_pixel, bytes[p], (size_t)channels);
      continue;
    }
    long done = 0;
#if LANES >= 8
    if (dst_pixel == 1)
      for (; done + 16 <= some; done += 16)
        for (long c = 0; c < channels; c += 16) {
          bytes16 block[16];
          for (int i = 0; i < 16; i++) memcpy(&block[i], bytes[done + i] + c, 16);
          transpose_bytes(block);
          const long rows = channels - c < 16 ? channels - c : 16;
          for (long i = 0; i < rows; i++) memcpy(dst + (c + i) * dst_row + first + done, &block[i], 16);
        }
#endif
    for (long c = 0; c < channels; c++) {
      unsigned char *to = dst + c * dst_row + first * dst_pixel;
      for (long p = done; p < some; p++) to[p * dst_pixel] = bytes[p][c];
    }
  }
}

// A row of bytes, less a zero point, into every `step`th of a row of 16 bits.
static void short_spread(short *dst, long step, const unsigned char *src, long stride, long count, int is_signed, int zero) {
  if (is_signed) {
    const signed char *from = (const signed char *)src;
    for (long i = 0; i < count; i++) dst[i * step] = (short)(from[i * stride] - zero);
  } else {
    for (long i = 0; i < count; i++) dst[i * step] = (short)(src[i * stride] - zero);
  }
}

// Sixteen rows of bytes at a time, side by side: dst[i * step + c] = src[c * row + i] - zero.
static void short_block(
    short *dst, long step, const unsigned char *src, long row, long channels, long count, int is_signed, int zero) {
  typedef short wide __attribute__((vector_size(32)));
  typedef signed char signed16 __attribute__((vector_size(16)));
  const wide less = (short)zero - (wide){0};
  long c = 0;
  for (; c + 16 <= channels; c += 16) {
    long i = 0;
    for (; i + 16 <= count; i += 16) {
      bytes16 block[16];
      for (int k = 0; k < 16; k++) memcpy(&block[k], src + (c + k) * row + i, 16);
      transpose_bytes(block);
      for (int k = 0; k < 16; k++) {
        const wide x = is_signed ? __builtin_convertvector((signed16)block[k], wide) : __builtin_convertvector(block[k], wide);
        const wide y = x - less;
        memcpy(dst + (i + k) * step + c, &y, sizeof y);
      }
    }
    for (long k = c; k < c + 16; k++) short_spread(dst + i * step + k, step, src + k * row + i, 1, count - i, is_signed, zero);
  }
  for (; c < channels; c++) short_spread(dst + c, step, src + c * row, 1, count, is_signed, zero);
}

// One channel by itself: sums[i] = sum over taps of weights[t] * src[offsets[t] + i * stride].
static void short_taps(
    const short *src, const long *offsets, const short *weights, long taps, long stride, int *sums, long n) {
  typedef short narrow __attribute__((vector_size(LANES * 2)));
  long i = 0;
  if (stride == 1)
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
      vs a = {0}, b = {0};
      for (long t = 0; t < taps; t++) {
        narrow x, y;
        memcpy(&x, src + offsets[t] + i, sizeof x);
        memcpy(&y, src + offsets[t] + i + LANES, sizeof y);
        const int weight = weights[t];
        a += __builtin_convertvector(x, vs) * weight;
        b += __builtin_convertvector(y, vs) * weight;
      }
      memcpy(sums + i, &a, sizeof a);
      memcpy(sums + i + LANES, &b, sizeof b);
    }
  for (; i < n; i++) {
    int sum = 0;
    for (long t = 0; t < taps; t++) sum += weights[t] * src[offsets[t] + i * stride];
    sums[i] = sum;
  }
}

static void short_finish_row(
    const int *sums, long n, int bias, float scale, int zero, int is_signed, unsigned char *dst) {
  const int low = is_signed ? -128 : 0, high = is_signed ? 127 : 255;
  typedef unsigned char narrow __attribute__((vector_size(LANES)));
  for (long i = 0; i < n; i += LANES) {
    const long some = n - i < LANES ? n - i : LANES;
    vs sum = {0};
    memcpy(&sum, sums + i, (size_t)some * sizeof(int));
    const narrow b = __builtin_convertvector(requantized(sum + bias, splat(scale), zero, low, high), narrow);
    memcpy(dst + i, &b, (size_t)some);
  }
}
