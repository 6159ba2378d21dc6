// What surrounds the sums of strips.inc.h: bytes become 16-bit integers, and sums bytes.

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
#if LANES == 8
// 16 neighbours, two taps at a time.
INLINE void short_sixteen(
    const short *src, const long *offsets, const short *weights, long taps, int *sums) {
  typedef short wide __attribute__((vector_size(32)));
  vs low = {0}, high = {0};
  for (long t = 0; t < taps; t += 2) {
    const int paired = t + 1 < taps;
    const vs both = (vs){0} + (int)((unsigned short)weights[t] | (paired ? (unsigned)(unsigned short)weights[t + 1] << 16 : 0));
    wide a, b;
    memcpy(&a, src + offsets[t], sizeof a);
    memcpy(&b, src + offsets[paired ? t + 1 : t], sizeof b);
    // Within halves, as the instruction does it: the halves change places at the end.
    const wide c = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 8, 24, 9, 25, 10, 26, 11, 27);
    const wide d = __builtin_shufflevector(a, b, 4, 20, 5, 21, 6, 22, 7, 23, 12, 28, 13, 29, 14, 30, 15, 31);
    low = MULTIPLY_PAIRS(low, (vs)c, both);
    high = MULTIPLY_PAIRS(high, (vs)d, both);
  }
  const vs first = __builtin_shufflevector(low, high, 0, 1, 2, 3, 8, 9, 10, 11);
  const vs second = __builtin_shufflevector(low, high, 4, 5, 6, 7, 12, 13, 14, 15);
  memcpy(sums, &first, sizeof first);
  memcpy(sums + 8, &second, sizeof second);
}
#endif

static void short_taps(
    const short *src, const long *offsets, const short *weights, long taps, long stride, int *sums, long n) {
  typedef short narrow __attribute__((vector_size(LANES * 2)));
  long i = 0;
  if (stride == 1) {
#if LANES == 8
    for (; i + 16 <= n; i += 16) short_sixteen(src + i, offsets, weights, taps, sums + i);
#endif
    for (; i + LANES <= n; i += LANES) {
      vs sum = {0};
      for (long t = 0; t < taps; t++) {
        narrow x;
        memcpy(&x, src + offsets[t] + i, sizeof x);
        sum += __builtin_convertvector(x, vs) * (int)weights[t];
      }
      memcpy(sums + i, &sum, sizeof sum);
    }
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
  long i = 0;
  for (; i + LANES <= n; i += LANES) {
    vs sum;
    memcpy(&sum, sums + i, sizeof sum);
    const narrow b = __builtin_convertvector(requantized(sum + bias, splat(scale), zero, low, high), narrow);
    memcpy(dst + i, &b, sizeof b);
  }
  if (i < n) {
    const long some = n - i;
    vs sum = {0};
    memcpy(&sum, sums + i, (size_t)some * sizeof(int));
    const narrow b = __builtin_convertvector(requantized(sum + bias, splat(scale), zero, low, high), narrow);
    memcpy(dst + i, &b, (size_t)some);
  }
}
