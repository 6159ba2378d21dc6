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
