// Recurrent layers: products whose results are the gates of a unit side by side, and the cells.

// Rows of inputs that one tile takes, by gates: sums, inputs and a weight fill the registers.
#if LANES == 16
#define GATE_ROWS_4 6
#define GATE_ROWS_3 8
#define GATE_ROWS_2 6
#define GATE_ROWS_1 12
#else
#define GATE_ROWS_4 3
#define GATE_ROWS_3 4
#define GATE_ROWS_2 3
#define GATE_ROWS_1 6
#endif

// One is left to the compiler.
#if LANES == 16 || !defined(__x86_64__)
#define GATE_REGISTERS 31
#else
#define GATE_REGISTERS 15
#endif
// Volatile: else two with the same pointer are one.
#define HIDE(pointer) __asm__ volatile("" : "+r"(pointer))

// `rows`, `gates` and `blocks` are constants at every call. One chain of multiply-adds a result, whatever the
// tile: results do not depend on how a batch is cut.
INLINE void gate_tile(
    const int rows, const int gates, const int blocks, const struct aviary_gate_product *p, const float *w,
    const long *offsets, const float *init, float *y) {
  vf sum[12][2][4];
  const float *x[12];
  const long step = p->gate_step, w_block = p->k * gates * LANES;
  UNROLL for (int r = 0; r < rows; r++) x[r] = p->x + offsets[r];
  UNROLL for (int r = 0; r < rows; r++)
    UNROLL for (int b = 0; b < blocks; b++)
      UNROLL for (int g = 0; g < gates; g++) sum[r][b][g] = load(init + r * p->init_row + g * step + b * LANES);
  // Sums, one input and as many weights as fit stay in registers; the other weights are operands in memory, of
  // which the compiler must not know that it read them before: it would keep them and put sums on the stack.
  const int all = gates * blocks, spare = GATE_REGISTERS - 1 - rows * all;
  const int held = spare < all ? spare : all;
  for (long i = 0; i < p->k; i++) {
    vf weight[8];
    UNROLL for (int j = 0; j < held; j++) weight[j] = load(w + j / gates * w_block + j % gates * LANES);
    UNROLL for (int r = 0; r < rows; r++) {
      const vf in = splat(x[r][i]);
      const float *again = w;
      if (held < all) HIDE(again);
      UNROLL for (int j = 0; j < all; j++) {
        const vf by = j < held ? weight[j] : load(again + j / gates * w_block + j % gates * LANES);
        sum[r][j / gates][j % gates] = in * by + sum[r][j / gates][j % gates];
      }
    }
    w += gates * LANES;
  }
  UNROLL for (int r = 0; r < rows; r++)
    UNROLL for (int b = 0; b < blocks; b++)
      UNROLL for (int g = 0; g < gates; g++) store(y + r * p->y_row + g * step + b * LANES, sum[r][b][g]);
}

typedef void (*gate_tile_fn)(
    const struct aviary_gate_product *p, const float *w, const long *offsets, const float *init, float *y);

#define GATE_TILE(rows, gates, blocks)                                                                      \
  static void gate_tile_##gates##_##blocks##_##rows(                                                        \
      const struct aviary_gate_product *p, const float *w, const long *offsets, const float *init, float *y) { \
    gate_tile(rows, gates, blocks, p, w, offsets, init, y);                                                  \
  }
#define BOTH(rows, gates) GATE_TILE(rows, gates, 1) GATE_TILE(rows, gates, 2)
GATE_TILE(1, 4, 2) GATE_TILE(1, 4, 1) GATE_TILE(2, 4, 1) GATE_TILE(3, 4, 1)
GATE_TILE(1, 3, 2) GATE_TILE(1, 3, 1) GATE_TILE(2, 3, 1) GATE_TILE(3, 3, 1) GATE_TILE(4, 3, 1)
BOTH(1, 2) BOTH(2, 2) BOTH(3, 2)
BOTH(1, 1) BOTH(2, 1) BOTH(3, 1) BOTH(4, 1) BOTH(5, 1) BOTH(6, 1)
#if LANES == 16
GATE_TILE(4, 4, 1) GATE_TILE(5, 4, 1) GATE_TILE(6, 4, 1)
GATE_TILE(5, 3, 1) GATE_TILE(6, 3, 1) GATE_TILE(7, 3, 1) GATE_TILE(8, 3, 1)
BOTH(4, 2) BOTH(5, 2) BOTH(6, 2)
BOTH(7, 1) BOTH(8, 1) BOTH(9, 1) BOTH(10, 1) BOTH(11, 1) BOTH(12, 1)
#endif
#undef BOTH
#undef GATE_TILE

#define T(gates, blocks, rows) gate_tile_##gates##_##blocks##_##rows
// By gates, then one or two blocks, then rows. Four and three gates take two blocks for a single row only.
static const gate_tile_fn gate_tiles[4][2][12] = {
#if LANES == 16
    {{T(1, 1, 1), T(1, 1, 2), T(1, 1, 3), T(1, 1, 4), T(1, 1, 5), T(1, 1, 6), T(1, 1, 7), T(1, 1, 8), T(1, 1, 9),
      T(1, 1, 10), T(1, 1, 11), T(1, 1, 12)},
     {T(1, 2, 1), T(1, 2, 2), T(1, 2, 3), T(1, 2, 4), T(1, 2, 5), T(1, 2, 6), T(1, 2, 7), T(1, 2, 8), T(1, 2, 9),
      T(1, 2, 10), T(1, 2, 11), T(1, 2, 12)}},
    {{T(2, 1, 1), T(2, 1, 2), T(2, 1, 3), T(2, 1, 4), T(2, 1, 5), T(2, 1, 6)},
     {T(2, 2, 1), T(2, 2, 2), T(2, 2, 3), T(2, 2, 4), T(2, 2, 5), T(2, 2, 6)}},
    {{T(3, 1, 1), T(3, 1, 2), T(3, 1, 3), T(3, 1, 4), T(3, 1, 5), T(3, 1, 6), T(3, 1, 7), T(3, 1, 8)}, {T(3, 2, 1)}},
    {{T(4, 1, 1), T(4, 1, 2), T(4, 1, 3), T(4, 1, 4), T(4, 1, 5), T(4, 1, 6)}, {T(4, 2, 1)}},
#else
    {{T(1, 1, 1), T(1, 1, 2), T(1, 1, 3), T(1, 1, 4), T(1, 1, 5), T(1, 1, 6)},
     {T(1, 2, 1), T(1, 2, 2), T(1, 2, 3), T(1, 2, 4), T(1, 2, 5), T(1, 2, 6)}},
    {{T(2, 1, 1), T(2, 1, 2), T(2, 1, 3)}, {T(2, 2, 1), T(2, 2, 2), T(2, 2, 3)}},
    {{T(3, 1, 1), T(3, 1, 2), T(3, 1, 3), T(3, 1, 4)}, {T(3, 2, 1)}},
    {{T(4, 1, 1), T(4, 1, 2), T(4, 1, 3)}, {T(4, 2, 1)}},
#endif
};
#undef T

static void gate_product(const struct aviary_gate_product *p) {
  static const long most[4] = {GATE_ROWS_1, GATE_ROWS_2, GATE_ROWS_3, GATE_ROWS_4};
  const long gates = p->gates, size = most[gates - 1];
  if (p->rows <= 0) return;
  // Tiles of nearly equal height.
  const long tiles = (p->rows + size - 1) / size, base = p->rows / tiles, larger = p->rows % tiles;
  const long pair = gates <= 2 || p->rows == 1 ? 2 : 1;
  for (long b = 0; b < p->blocks;) {
    const long some = p->blocks - b < pair ? 1 : pair;
    const float *w = p->weights + b * p->k * gates * LANES;
    const float *init = p->init + b * LANES;
    float *y = p->y + b * LANES;
    long row = 0;
    for (long t = 0; t < tiles; t++) {
      const long rows = base + (t < larger);
      gate_tiles[gates - 1][some - 1][rows - 1](
          p, w, p->offsets + row, init + row * p->init_row, y + row * p->y_row);
      row += rows;
    }
    b += some;
  }
}

// n is a multiple of LANES everywhere below.

static void lstm_cell(const float *s, long step, float *c, float *h, long n) {
  for (long i = 0; i < n; i += LANES) {
    const vf in = v_sigmoid(load(s + i)), out = v_sigmoid(load(s + step + i));
    const vf forget = v_sigmoid(load(s + 2 * step + i)), candidate = v_tanh(load(s + 3 * step + i));
    const vf cell = forget * load(c + i) + in * candidate;
    store(c + i, cell);
    store(h + i, out * v_tanh(cell));
  }
}

static void gru_gates(const float *g, const float *s, long step, const float *h, float *z, float *rh, long n) {
  for (long i = 0; i < n; i += LANES) {
    store(z + i, v_sigmoid(load(g + i) + load(s + i)));
    store(rh + i, v_sigmoid(load(g + step + i) + load(s + step + i)) * load(h + i));
  }
}

static void gru_state(const float *candidate, const float *s, const float *z, const float *h, float *y, long n) {
  for (long i = 0; i < n; i += LANES) {
    const vf next = v_tanh(load(candidate + i) + load(s + i));
    store(y + i, next + load(z + i) * (load(h + i) - next));
  }
}

static void gru_cell(const float *g, const float *s, long step, const float *h, float *y, long n) {
  for (long i = 0; i < n; i += LANES) {
    const vf z = v_sigmoid(load(g + i) + load(s + i)), r = v_sigmoid(load(g + step + i) + load(s + step + i));
    const vf next = v_tanh(load(g + 2 * step + i) + r * load(s + 2 * step + i));
    store(y + i, next + z * (load(h + i) - next));
  }
}
