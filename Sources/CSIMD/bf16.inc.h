// The pixel tile on pairs of bfloat16.
//
// What is followed is the operation that Intel's manual gives for VDPBF16PS: on each word first the product
// of the upper halves is added to the sum, then that of the lower halves, each by a fused multiply-add in
// single precision that rounds to nearest even, takes denormal inputs (the sum too) as 0 and flushes
// denormal results to 0, whatever MXCSR says. Results are denormal if they are so after rounding, as
// everywhere on x86. All sets agree bit for bit; only which NaN comes out is left open.

typedef unsigned vu __attribute__((vector_size(LANES * 4)));
typedef unsigned short vh __attribute__((vector_size(LANES * 2)));

INLINE vu load_words(const unsigned *p) {
  vu v;
  memcpy(&v, p, sizeof v);
  return v;
}

// One multiply-add of the emulation, and the mode of the processor around a tile of them.
#if defined(BF16_NATIVE)
#define FLUSHING(call) call
#elif LANES > 4
// MXCSR makes the processor's own multiply-add flush. Nothing but the tile runs in that mode.
#define FLUSHING(call)                          \
  const unsigned mode = __builtin_ia32_stmxcsr(); \
  __builtin_ia32_ldmxcsr(0x9fc0);               \
  call;                                         \
  __builtin_ia32_ldmxcsr(mode)
INLINE vf fused(vf sum, vf x, vf w) { return x * w + sum; }
#else
#define FLUSHING(call) call
typedef double vd __attribute__((vector_size(LANES * 8)));
typedef long long vl __attribute__((vector_size(LANES * 8)));

INLINE vf flushed(vf x) {
  const vi bits = as_int(x), small = (bits & 0x7f800000) == 0;
  return as_float(bits & ~(small & 0x7fffffff));
}

// Neither double nor float arithmetic alone rounds x * w + sum once. In double the product is exact, and so
// is the error of the sum; where there is one, the sum is rounded to odd instead of to even. That leaves
// enough for the conversion to float to round as if the sum were exact.
INLINE vf fused(vf sum, vf x, vf w) {
  const vd a = __builtin_convertvector(flushed(sum), vd);
  const vd p = __builtin_convertvector(flushed(x), vd) * __builtin_convertvector(flushed(w), vd);
  const vd s = a + p, b = s - a;
  const vd error = (a - (s - b)) + (p - b);
  // NaN for sums that are not finite, which stay as they are.
  const vl inexact = (vl)(error != 0.0) & (vl)(error == error);
  const vl rounded_up = ((vl)error ^ (vl)s) >> 63;
  const vd odd = (vd)(((vl)s + (rounded_up & inexact)) | (inexact & 1));
  // Below half a step under the smallest normal number rounding does not reach it.
  const vl tiny = (vl)((vd)((vl)odd & 0x7fffffffffffffff) < 0x1.ffffffp-127);
  const vi sign_only = __builtin_convertvector(tiny, vi) & 0x7fffffff;
  return as_float(as_int(__builtin_convertvector(odd, vf)) & ~sign_only);
}
#endif

// `pixels`, `blocks` are constants at every call. Leaves the sums of one block after the other in `sums`
// and returns 1, or finishes the tile itself and returns 0.
INLINE int bf16_tile_body(
    const int pixels, const int blocks, const struct aviary_pixel_tile *tile, const unsigned *const *src,
    const unsigned *weights, const struct aviary_pixel_target *to, float *dst, float *sums) {
  vf sum[PIXELS_1][2];
  const unsigned *x[PIXELS_1];
  UNROLL for (int p = 0; p < pixels; p++) x[p] = src[p];
  UNROLL for (int b = 0; b < blocks; b++) {
    const vf bias = to->bias ? load(to->bias + b * LANES) : splat(0.0f);
    UNROLL for (int p = 0; p < pixels; p++) sum[p][b] = bias;
  }
  for (long s = 0; s < tile->count; s++) {
    const long first = tile->steps[s], end = first + tile->run;
    for (long at = first; at < end; at++, weights += blocks * LANES) {
#if defined(BF16_NATIVE)
      typedef __bf16 pairs __attribute__((vector_size(LANES * 4)));
      vu w[2];
      UNROLL for (int b = 0; b < blocks; b++) w[b] = load_words(weights + b * LANES);
      UNROLL for (int p = 0; p < pixels; p++) {
        const vu value = (vu){0} + x[p][at];
        UNROLL for (int b = 0; b < blocks; b++)
          sum[p][b] = __builtin_ia32_dpbf16ps_512(sum[p][b], (pairs)value, (pairs)w[b]);
      }
#else
      // The upper halves of all, then the lower ones: fewer registers than both of each.
      vf w[2];
      UNROLL for (int b = 0; b < blocks; b++) w[b] = (vf)(load_words(weights + b * LANES) & 0xffff0000u);
      UNROLL for (int p = 0; p < pixels; p++) {
        const vf value = (vf)(((vu){0} + x[p][at]) & 0xffff0000u);
        UNROLL for (int b = 0; b < blocks; b++) sum[p][b] = fused(sum[p][b], value, w[b]);
      }
      UNROLL for (int b = 0; b < blocks; b++) w[b] = (vf)(load_words(weights + b * LANES) << 16);
      UNROLL for (int p = 0; p < pixels; p++) {
        const vf value = (vf)(((vu){0} + x[p][at]) << 16);
        UNROLL for (int b = 0; b < blocks; b++) sum[p][b] = fused(sum[p][b], value, w[b]);
      }
#endif
    }
  }
#if defined(BF16_NATIVE)
  // The emulation leaves this to the strip, where denormal numbers are not flushed.
  if (to->channels >= blocks * LANES && !to->residual && !to->scale) {
    const vf low = splat(tile->low), high = splat(tile->high);
    UNROLL for (int b = 0; b < blocks; b++)
      UNROLL for (int p = 0; p < pixels; p++)
        store(dst + p * tile->dst_pixel + b * tile->dst_block, bounded(sum[p][b], low, high));
    return 0;
  }
#endif
  UNROLL for (int b = 0; b < blocks; b++)
    UNROLL for (int p = 0; p < pixels; p++) store(sums + (b * pixels + p) * LANES, sum[p][b]);
  return 1;
}

#define BF16_TILE(pixels, blocks)                                                                      \
  static int bf16_tile_##blocks##_##pixels(                                                            \
      const struct aviary_pixel_tile *tile, const unsigned *const *src, const unsigned *weights,       \
      const struct aviary_pixel_target *to, float *dst, float *sums) {                                 \
    return bf16_tile_body(pixels, blocks, tile, src, weights, to, dst, sums);                          \
  }
#define BF16_ENTRY(pixels, blocks) bf16_tile_##blocks##_##pixels,
#define SIX(M, b) M(1, b) M(2, b) M(3, b) M(4, b) M(5, b) M(6, b)
#define FOURTEEN(M, b) SIX(M, b) M(7, b) M(8, b) M(9, b) M(10, b) M(11, b) M(12, b) M(13, b) M(14, b)
#if LANES == 16
#define BF16_SIZES_1(M) FOURTEEN(M, 1)
#define BF16_SIZES_2(M) FOURTEEN(M, 2)
#else
#define BF16_SIZES_1(M) SIX(M, 1) M(7, 1) M(8, 1)
#define BF16_SIZES_2(M) SIX(M, 2)
#endif
BF16_SIZES_1(BF16_TILE)
BF16_SIZES_2(BF16_TILE)

typedef int (*bf16_tile_fn)(
    const struct aviary_pixel_tile *tile, const unsigned *const *src, const unsigned *weights,
    const struct aviary_pixel_target *to, float *dst, float *sums);
static const bf16_tile_fn bf16_tiles_1[] = {BF16_SIZES_1(BF16_ENTRY)};
static const bf16_tile_fn bf16_tiles_2[] = {BF16_SIZES_2(BF16_ENTRY)};

static void pixel_strip_bf16(
    const struct aviary_pixel_tile *tile, const void *src, const long *offsets, long stride, long pixels,
    long blocks, const void *weights, const struct aviary_pixel_target *to) {
  if (pixels <= 0) return;
  const bf16_tile_fn *tiles = blocks == 1 ? bf16_tiles_1 : bf16_tiles_2;
  const long most = blocks == 1 ? PIXELS_1 : PIXELS_2;
  const long count = (pixels + most - 1) / most, base = pixels / count, larger = pixels % count;
  const char *next = (const char *)to->next;
  const long lines = next ? (to->next_floats * 4 / 64 + count - 1) / count : 0;
  float sums[PIXELS_1 * 2 * LANES];
  long first = 0;
  for (long i = 0; i < count; i++) {
    const long size = base + (i < larger);
    for (long line = 0; line < lines; line++) __builtin_prefetch(next + line * 64, 0, 2);
    next += lines * 64;
    const unsigned *x[PIXELS_1];
    _Pragma("clang loop vectorize(disable)") for (long p = 0; p < size; p++)
      x[p] = (const unsigned *)src + (offsets ? offsets[first + p] : (first + p) * stride);
    float *dst = to->dst + first * tile->dst_pixel;
    int is_open;
    FLUSHING(is_open = tiles[size - 1](tile, x, weights, to, dst, sums));
    if (is_open)
      finish_tile(
          size, blocks, tile, to, sums, dst, to->residual ? to->residual + first * tile->dst_pixel : 0);
    first += size;
  }
}

// The nearest bfloat16, in the lower half of each word.
INLINE vu narrowed(vf x) {
  const vu bits = (vu)x;
  const vu nearest = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const vu nan = (vu)((vi)(bits & 0x7fffffffu) > 0x7f800000);
  return (nearest & ~nan) | (((bits >> 16) | 0x40u) & nan);
}

static void narrow_row(void *dst, const float *src, long n) {
  unsigned short *to = dst;
  long i = 0;
  for (; i + LANES <= n; i += LANES) {
    const vh halves = __builtin_convertvector(narrowed(load(src + i)), vh);
    memcpy(to + i, &halves, sizeof halves);
  }
  if (i < n) {
    float rest[LANES] = {0};
    memcpy(rest, src + i, (size_t)(n - i) * sizeof(float));
    const vh halves = __builtin_convertvector(narrowed(load(rest)), vh);
    memcpy(to + i, &halves, (size_t)(n - i + (n & 1)) * sizeof *to);
  }
}

static void narrow_pairs(void *dst, const float *even, const float *odd, long n) {
  unsigned *to = dst;
  for (long i = 0; i < n; i += LANES) {
    float rest[2][LANES] = {{0}};
    const long count = n - i < LANES ? n - i : LANES;
    memcpy(rest[0], even + i, (size_t)count * sizeof(float));
    if (odd) memcpy(rest[1], odd + i, (size_t)count * sizeof(float));
    const vu words = narrowed(load(rest[0])) | narrowed(load(rest[1])) << 16;
    memcpy(to + i, &words, (size_t)count * sizeof *to);
  }
}

const struct aviary_bf16 SET_BF16 = {
#if defined(BF16_NATIVE)
    .is_native = 1,
#endif
    .pixel_strip = pixel_strip_bf16,
    .narrow_row = narrow_row,
    .narrow_pairs = narrow_pairs,
};
