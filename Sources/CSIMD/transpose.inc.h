// Transposing matrices of 4-byte cells.

#if LANES == 4
#define ZIP_LOW 0, 4, 1, 5
#define ZIP_HIGH 2, 6, 3, 7
#elif LANES == 8
#define ZIP_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define ZIP_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#else
#define ZIP_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define ZIP_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#endif

// LANES x LANES: interleaving row i with row i + LANES / 2, log2 LANES times, moves every cell to its place.
INLINE void transpose_tile(float *dst, long dst_row, const float *src, long src_row) {
  vf a[LANES], b[LANES];
  UNROLL for (int i = 0; i < LANES; i++) a[i] = load(src + i * src_row);
  UNROLL for (int step = 1; step < LANES; step *= 2) {
    UNROLL for (int i = 0; i < LANES / 2; i++) {
      b[2 * i] = __builtin_shufflevector(a[i], a[i + LANES / 2], ZIP_LOW);
      b[2 * i + 1] = __builtin_shufflevector(a[i], a[i + LANES / 2], ZIP_HIGH);
    }
    UNROLL for (int i = 0; i < LANES; i++) a[i] = b[i];
  }
  UNROLL for (int i = 0; i < LANES; i++) store(dst + i * dst_row, a[i]);
}

static void transpose(float *dst, long dst_row, const float *src, long src_row, long rows, long cols) {
  // Strips of source rows that fill a cache line of the destination.
  const long strip = LANES < 16 ? 16 : LANES;
  for (long first = 0; first < rows; first += strip) {
    const long end = first + strip < rows ? first + strip : rows;
    long j = 0;
    for (; j + LANES <= cols; j += LANES) {
      long i = first;
      for (; i + LANES <= end; i += LANES)
        transpose_tile(dst + j * dst_row + i, dst_row, src + i * src_row + j, src_row);
      for (; i < end; i++)
        for (long k = j; k < j + LANES; k++) dst[k * dst_row + i] = src[i * src_row + k];
    }
    for (; j < cols; j++)
      for (long i = first; i < end; i++) dst[j * dst_row + i] = src[i * src_row + j];
  }
}
