// Products of a few rows with weights that lie as the model has them: each output one dot product.

// `rows` of W times `inputs` of X, two vectors of each at a time; constants at every call.
INLINE void dense_tile(
    const int rows, const int inputs, const float *w, long w_row, const float *x, long x_row, long k, float *y,
    long y_row) {
  vf sum[4][4], more[4][4];
  UNROLL for (int i = 0; i < inputs; i++)
    UNROLL for (int j = 0; j < rows; j++) sum[i][j] = more[i][j] = splat(0.0f);
  long p = 0;
  // Two vectors at a time, so that the sums of one row do not wait for each other.
  if (inputs == 1)
    for (; p + 2 * LANES <= k; p += 2 * LANES) {
      UNROLL for (int i = 0; i < inputs; i++) {
        const vf a = load(x + i * x_row + p), b = load(x + i * x_row + p + LANES);
        UNROLL for (int j = 0; j < rows; j++) {
          sum[i][j] = a * load(w + j * w_row + p) + sum[i][j];
          more[i][j] = b * load(w + j * w_row + p + LANES) + more[i][j];
        }
      }
    }
  for (; p + LANES <= k; p += LANES) {
    vf weights[4];
    UNROLL for (int j = 0; j < rows; j++) weights[j] = load(w + j * w_row + p);
    UNROLL for (int i = 0; i < inputs; i++) {
      const vf a = load(x + i * x_row + p);
      UNROLL for (int j = 0; j < rows; j++) sum[i][j] = a * weights[j] + sum[i][j];
    }
  }
  UNROLL for (int i = 0; i < inputs; i++)
    UNROLL for (int j = 0; j < rows; j++) {
      const vf all = inputs == 1 ? sum[i][j] + more[i][j] : sum[i][j];
      float lane[LANES];
      store(lane, all);
      // Halves, so that the order of additions is short and the same for every tile.
      for (int half = LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++) lane[l] += lane[l + half];
      float total = lane[0];
      for (long q = p; q < k; q++) total += x[i * x_row + q] * w[j * w_row + q];
      y[i * y_row + j] = total;
    }
}

static void dense_rows(
    const float *w, long w_row, long rows, const float *x, long x_row, long inputs, long k, float *y,
    long y_row) {
  long j = 0;
  if (inputs == 1) {
    for (; j + 4 <= rows; j += 4) dense_tile(4, 1, w + j * w_row, w_row, x, x_row, k, y + j, y_row);
    for (; j < rows; j++) dense_tile(1, 1, w + j * w_row, w_row, x, x_row, k, y + j, y_row);
    return;
  }
  // Four rows of weights are as many streams as the processor follows at once; the inputs that come after the
  // first two find them in the second-level cache.
  for (; j < rows; j += 4) {
    const float *from = w + j * w_row;
    float *to = y + j;
    const long some = rows - j;
    for (long i = 0; i < inputs; i += 2) {
      const float *in = x + i * x_row;
      float *out = to + i * y_row;
      if (some >= 4 && i + 2 <= inputs)
        dense_tile(4, 2, from, w_row, in, x_row, k, out, y_row);
      else
        for (long a = 0; a < (inputs - i < 2 ? inputs - i : 2); a++)
          for (long b = 0; b < (some < 4 ? some : 4); b++)
            dense_tile(1, 1, from + b * w_row, w_row, in + a * x_row, x_row, k, out + a * y_row + b, y_row);
    }
  }
}
