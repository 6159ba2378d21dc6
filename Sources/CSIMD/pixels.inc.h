// The register tile of convolutions and products: a few output pixels times one or two blocks of LANES
// output channels, all their sums in registers. An input is broadcast, a row of weights is LANES wide.

// Most pixels of a tile with 1 and 2 blocks: sums, one row of weights and one input fill the registers.
#if LANES == 16
#define PIXELS_1 14
#define PIXELS_2 14
#else
#define PIXELS_1 8
#define PIXELS_2 6
#endif

// NaN stays NaN.
INLINE vf bounded(vf x, vf low, vf high) {
  vector y = (vector)x, least = (vector)low, most = (vector)high;
  y = y < least ? least : y;
  y = y > most ? most : y;
  return (vf)y;
}

// Residual, bounds and scale for the sums of a tile, pixels of one block after the other.
static __attribute__((noinline)) void finish_tile(
    long pixels, long blocks, const struct aviary_pixel_tile *tile, const struct aviary_pixel_target *to,
    const float *sums, float *dst, const float *residual) {
  const vf low = splat(tile->low), high = splat(tile->high);
  for (long b = 0; b < blocks; b++) {
    const long rest = to->channels - b * LANES;
    if (rest <= 0) return;
    const long place = b * tile->dst_block;
    const float *from = sums + b * pixels * LANES;
    if (rest < LANES) {
      // A row-major result that ends within this block: nothing beyond it is read or written.
      for (long p = 0; p < pixels; p++) {
        float part[LANES] = {0};
        const long at = place + p * tile->dst_pixel;
        if (residual) memcpy(part, residual + at, (size_t)rest * sizeof(float));
        vf y = bounded(load(from + p * LANES) + load(part), low, high);
        if (to->scale) {
          float scale[LANES] = {0}, shift[LANES] = {0};
          memcpy(scale, to->scale + b * LANES, (size_t)rest * sizeof(float));
          memcpy(shift, to->shift + b * LANES, (size_t)rest * sizeof(float));
          y = y * load(scale) + load(shift);
        }
        store(part, y);
        memcpy(dst + at, part, (size_t)rest * sizeof(float));
      }
      return;
    }
    const vf scale = to->scale ? load(to->scale + b * LANES) : splat(1.0f);
    const vf shift = to->scale ? load(to->shift + b * LANES) : splat(0.0f);
    for (long p = 0; p < pixels; p++) {
      const long at = place + p * tile->dst_pixel;
      vf y = load(from + p * LANES);
      if (residual) y = y + load(residual + at);
      y = bounded(y, low, high);
      if (to->scale) y = y * scale + shift;
      store(dst + at, y);
    }
  }
}

// `pixels`, `blocks` are constants at every call.
INLINE void pixel_tile_body(
    const int pixels, const int blocks, const struct aviary_pixel_tile *tile, const float *const *src,
    const float *weights, const struct aviary_pixel_target *to, float *dst, const float *residual,
    const char *next) {
  vf sum[PIXELS_1][2];
  const float *x[PIXELS_1];
  UNROLL for (int p = 0; p < pixels; p++) x[p] = src[p];
  if (to->bias) {
    UNROLL for (int b = 0; b < blocks; b++) {
      const vf bias = load(to->bias + b * LANES);
      UNROLL for (int p = 0; p < pixels; p++) sum[p][b] = bias;
    }
  } else {
    UNROLL for (int p = 0; p < pixels; p++)
      UNROLL for (int b = 0; b < blocks; b++) sum[p][b] = splat(0.0f);
  }
  const long whole = tile->run & ~3L;
  for (long s = 0; s < tile->count; s++) {
    long at = tile->steps[s];
    const long end = at + whole, last = at + tile->run;
#define STEP(u)                                                                              \
  {                                                                                          \
    vf w[2];                                                                                 \
    UNROLL for (int b = 0; b < blocks; b++) w[b] = load(weights + ((u) * blocks + b) * LANES); \
    UNROLL for (int p = 0; p < pixels; p++) {                                                \
      const vf value = splat(x[p][at + (u)]);                                                \
      UNROLL for (int b = 0; b < blocks; b++) sum[p][b] = value * w[b] + sum[p][b];          \
    }                                                                                        \
  }
    for (; at < end; at += 4) {
      STEP(0) STEP(1) STEP(2) STEP(3)
      weights += 4 * blocks * LANES;
      // What comes next is fetched bit by bit: a burst of requests would hold up the loads of this tile.
      __builtin_prefetch(next, 0, 2);
      __builtin_prefetch(next + 64, 0, 2);
      next += 128;
    }
    for (; at < last; at++) {
      STEP(0)
      weights += blocks * LANES;
    }
#undef STEP
  }
  const vf low = splat(tile->low), high = splat(tile->high);
  if (to->channels >= blocks * LANES && !residual && !to->scale) {
    UNROLL for (int b = 0; b < blocks; b++)
      UNROLL for (int p = 0; p < pixels; p++)
        store(dst + p * tile->dst_pixel + b * tile->dst_block, bounded(sum[p][b], low, high));
    return;
  }
  // A loop over the sums in memory: the rarer ends are worth no code of their own for every tile.
  float sums[PIXELS_1 * 2 * LANES];
  UNROLL for (int b = 0; b < blocks; b++)
    UNROLL for (int p = 0; p < pixels; p++) store(sums + (b * pixels + p) * LANES, sum[p][b]);
  finish_tile(pixels, blocks, tile, to, sums, dst, residual);
}

#define PIXEL_TILE(pixels, blocks)                                                                      \
  static void pixel_tile_##blocks##_##pixels(                                                       \
      const struct aviary_pixel_tile *tile, const float *const *src, const float *weights,          \
      const struct aviary_pixel_target *to, float *dst, const float *residual, const char *next) {  \
    pixel_tile_body(pixels, blocks, tile, src, weights, to, dst, residual, next);                   \
  }
PIXEL_TILE(1, 1) PIXEL_TILE(2, 1) PIXEL_TILE(3, 1) PIXEL_TILE(4, 1) PIXEL_TILE(5, 1) PIXEL_TILE(6, 1) PIXEL_TILE(7, 1) PIXEL_TILE(8, 1)
PIXEL_TILE(1, 2) PIXEL_TILE(2, 2) PIXEL_TILE(3, 2) PIXEL_TILE(4, 2) PIXEL_TILE(5, 2) PIXEL_TILE(6, 2)
#if LANES == 16
PIXEL_TILE(9, 1) PIXEL_TILE(10, 1) PIXEL_TILE(11, 1) PIXEL_TILE(12, 1) PIXEL_TILE(13, 1) PIXEL_TILE(14, 1)
PIXEL_TILE(7, 2) PIXEL_TILE(8, 2) PIXEL_TILE(9, 2) PIXEL_TILE(10, 2) PIXEL_TILE(11, 2) PIXEL_TILE(12, 2) PIXEL_TILE(13, 2) PIXEL_TILE(14, 2)
#endif
#undef PIXEL_TILE

typedef void (*pixel_tile_fn)(
    const struct aviary_pixel_tile *tile, const float *const *src, const float *weights,
    const struct aviary_pixel_target *to, float *dst, const float *residual, const char *next);
#define T(p, b) pixel_tile_##b##_##p
static const pixel_tile_fn pixel_tiles_1[] = {
    T(1, 1), T(2, 1), T(3, 1), T(4, 1), T(5, 1), T(6, 1), T(7, 1), T(8, 1),
#if LANES == 16
    T(9, 1), T(10, 1), T(11, 1), T(12, 1), T(13, 1), T(14, 1),
#endif
};
static const pixel_tile_fn pixel_tiles_2[] = {
    T(1, 2), T(2, 2), T(3, 2), T(4, 2), T(5, 2), T(6, 2),
#if LANES == 16
    T(7, 2), T(8, 2), T(9, 2), T(10, 2), T(11, 2), T(12, 2), T(13, 2), T(14, 2),
#endif
};
#undef T

static void pixel_strip(
    const struct aviary_pixel_tile *tile, const float *src, const long *offsets, long stride, long pixels,
    long blocks, const float *weights, const struct aviary_pixel_target *to) {
  if (pixels <= 0) return;
  const pixel_tile_fn *tiles = blocks == 1 ? pixel_tiles_1 : pixel_tiles_2;
  const long most = blocks == 1 ? PIXELS_1 : PIXELS_2;
  // Tiles of nearly equal size: a remainder of one pixel would waste most of a tile.
  const long count = (pixels + most - 1) / most, base = pixels / count, larger = pixels % count;
  long first = 0;
  // Each tile fetches its part of the next panel of weights; those after the last find it in the cache.
  const long step = tile->count * (tile->run / 4) * 128;
  for (long i = 0; i < count; i++) {
    const long size = base + (i < larger);
    const char *next = (const char *)weights;
    if (to->next && i * step < to->next_floats * 4) next = (const char *)to->next + i * step;
    const float *x[PIXELS_1];
    // Scalar: as masked vectors these few addresses cost more than a small tile.
    if (offsets) {
      _Pragma("clang loop vectorize(disable)") for (long p = 0; p < size; p++) x[p] = src + offsets[first + p];
    } else {
      const float *at = src + first * stride;
      _Pragma("clang loop vectorize(disable)") for (long p = 0; p < size; p++, at += stride) x[p] = at;
    }
    tiles[size - 1](
        tile, x, weights, to, to->dst + first * tile->dst_pixel,
        to->residual ? to->residual + first * tile->dst_pixel : 0, next);
    first += size;
  }
}
