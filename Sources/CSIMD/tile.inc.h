// The register tile of matrix multiplication.

// `rows`, `vectors` and `packed` are constants at every call, so the loops over sums unroll into registers.
INLINE void tile_body(
    const int rows, const int vectors, const int packed, long k, const float *a, long a_row, long a_col,
    const float *b, long b_row, float *c, long c_row, int accumulate) {
  vf sum[TILE_ROWS][2];
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = splat(0.0f);
  // A packed panel has its rows side by side: their addresses become constants.
  const long step = packed ? 1 : a_row;
  const long next = packed ? rows : a_col;
  _Pragma("clang loop unroll_count(4)")
  for (long p = 0; p < k; p++) {
    vf bv[2];
    UNROLL for (int v = 0; v < vectors; v++) bv[v] = load(b + v * LANES);
    UNROLL for (int i = 0; i < rows; i++) {
      vf av = splat(a[i * step]);
      UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = av * bv[v] + sum[i][v];
    }
    a += next;
    b += b_row;
  }
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int v = 0; v < vectors; v++) {
      float *out = c + i * c_row + v * LANES;
      store(out, accumulate ? load(out) + sum[i][v] : sum[i][v]);
    }
}

typedef void (*full_tile)(
    long k, const float *a, long a_row, long a_col, const float *b, long b_row, float *c, long c_row,
    int accumulate);

#define TILE(rows, vectors, packed)                                                                \
  static void tile_##rows##_##vectors##_##packed(                                                  \
      long k, const float *a, long a_row, long a_col, const float *b, long b_row, float *c,        \
      long c_row, int accumulate) {                                                                \
    tile_body(rows, vectors, packed, k, a, a_row, a_col, b, b_row, c, c_row, accumulate);          \
  }
#define TILES(rows) TILE(rows, 1, 0) TILE(rows, 2, 0) TILE(rows, 1, 1) TILE(rows, 2, 1)
#define ENTRY(rows) \
  {{tile_##rows##_1_0, tile_##rows##_2_0}, {tile_##rows##_1_1, tile_##rows##_2_1}}

TILES(1) TILES(2) TILES(3) TILES(4)
#if TILE_ROWS > 4
TILES(5) TILES(6)
#endif
#if TILE_ROWS > 6
TILES(7) TILES(8) TILES(9) TILES(10) TILES(11) TILES(12) TILES(13) TILES(14)
#endif

// By rows, packed, vectors.
static const full_tile full_tiles[TILE_ROWS][2][2] = {
    ENTRY(1), ENTRY(2), ENTRY(3), ENTRY(4),
#if TILE_ROWS > 4
    ENTRY(5), ENTRY(6),
#endif
#if TILE_ROWS > 6
    ENTRY(7), ENTRY(8), ENTRY(9), ENTRY(10), ENTRY(11), ENTRY(12), ENTRY(13), ENTRY(14),
#endif
};

static void tile(
    long k, const float *a, long a_row, long a_col, const float *b, long b_row, float *c, long c_row,
    long rows, long cols, int accumulate) {
  const int vectors = cols > LANES ? 2 : 1;
  const int packed = a_row == 1 && a_col == rows;
  full_tile full = full_tiles[rows - 1][packed][vectors - 1];
  if (cols == vectors * LANES) {
    full(k, a, a_row, a_col, b, b_row, c, c_row, accumulate);
    return;
  }
  float buffer[TILE_ROWS * TILE_COLS];
  full(k, a, a_row, a_col, b, b_row, buffer, TILE_COLS, 0);
  for (long i = 0; i < rows; i++)
    for (long j = 0; j < cols; j++) {
      float value = buffer[i * TILE_COLS + j];
      c[i * c_row + j] = accumulate ? c[i * c_row + j] + value : value;
    }
}
