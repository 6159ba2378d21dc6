// Winograd's minimal filtering F(m x m, 3 x 3) for m = 2 and 4 (Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2016), LANES channels at a time. F(4x4) interpolates at 0, 1, -1, 2, -2
// and infinity.

// One column or row of an input tile: B^T d.
INLINE void winograd_in(const int m, const vf *d, vf *o) {
  if (m == 2) {
    o[0] = d[0] - d[2];
    o[1] = d[1] + d[2];
    o[2] = d[2] - d[1];
    o[3] = d[1] - d[3];
  } else {
    const vf a = d[4] - 4.0f * d[2], b = d[3] - 4.0f * d[1];
    const vf c = d[4] - d[2], e = 2.0f * (d[3] - d[1]);
    o[0] = 4.0f * d[0] + (d[4] - 5.0f * d[2]);
    o[1] = a + b;
    o[2] = a - b;
    o[3] = c + e;
    o[4] = c - e;
    o[5] = 4.0f * d[1] + (d[5] - 5.0f * d[3]);
  }
}

// One column or row of sums: A^T m.
INLINE void winograd_out(const int m, const vf *s, vf *o) {
  if (m == 2) {
    o[0] = s[0] + s[1] + s[2];
    o[1] = s[1] - s[2] - s[3];
  } else {
    const vf a = s[1] + s[2], b = s[1] - s[2], c = s[3] + s[4], d = s[3] - s[4];
    o[0] = s[0] + (a + c);
    o[1] = 2.0f * d + b;
    o[2] = 4.0f * c + a;
    o[3] = 8.0f * d + b + s[5];
  }
}

// One column or row of weights: G g.
INLINE void winograd_weight(const int m, const vf *g, vf *o) {
  if (m == 2) {
    const vf half = 0.5f * (g[0] + g[2]);
    o[0] = g[0];
    o[1] = half + 0.5f * g[1];
    o[2] = half - 0.5f * g[1];
    o[3] = g[2];
  } else {
    const vf a = (-1.0f / 6.0f) * (g[0] + g[2]), b = (1.0f / 6.0f) * g[1];
    const vf c = (1.0f / 24.0f) * g[0] + (1.0f / 6.0f) * g[2], d = (1.0f / 12.0f) * g[1];
    o[0] = 0.25f * g[0];
    o[1] = a - b;
    o[2] = a + b;
    o[3] = c + d;
    o[4] = c - d;
    o[5] = g[2];
  }
}

INLINE void winograd_input_tile(const int m, const float *src, long pitch, float *dst, long plane) {
  const int n = m + 2;
  vf t[36];
  UNROLL for (int j = 0; j < n; j++) {
    vf d[6], o[6];
    UNROLL for (int i = 0; i < n; i++) d[i] = load(src + i * pitch + j * LANES);
    winograd_in(m, d, o);
    UNROLL for (int i = 0; i < n; i++) t[i * n + j] = o[i];
  }
  UNROLL for (int i = 0; i < n; i++) {
    vf o[6];
    winograd_in(m, t + i * n, o);
    UNROLL for (int j = 0; j < n; j++) store(dst + (i * n + j) * plane, o[j]);
  }
}

INLINE void winograd_input_row(
    const int m, const float *src, long height, long width, long y, long x, long tiles, float *dst,
    long plane) {
  const int n = m + 2;
  for (long t = 0; t < tiles; t++, x += m, dst += LANES) {
    if (y >= 0 && y + n <= height && x >= 0 && x + n <= width) {
      winograd_input_tile(m, src + (y * width + x) * LANES, width * LANES, dst, plane);
      continue;
    }
    // A tile that reaches into the padding is put together first.
    float whole[36 * LANES];
    for (long i = 0; i < n; i++)
      for (long j = 0; j < n; j++) {
        const long yy = y + i, xx = x + j;
        const int inside = yy >= 0 && yy < height && xx >= 0 && xx < width;
        store(whole + (i * n + j) * LANES, inside ? load(src + (yy * width + xx) * LANES) : splat(0.0f));
      }
    winograd_input_tile(m, whole, n * LANES, dst, plane);
  }
}

static void winograd_input(
    long m, const float *src, long height, long width, long y, long x, long tiles, float *dst, long plane) {
  if (m == 2)
    winograd_input_row(2, src, height, width, y, x, tiles, dst, plane);
  else
    winograd_input_row(4, src, height, width, y, x, tiles, dst, plane);
}

INLINE void winograd_output_row(
    const int m, const float *src, long plane, long height, long width, long y, long x, long tiles,
    const struct aviary_pixel_target *to, vf low, vf high) {
  const int n = m + 2;
  const vf bias = to->bias ? load(to->bias) : splat(0.0f);
  vf scale = splat(1.0f), shift = splat(0.0f);
  if (to->scale) {
    scale = load(to->scale);
    shift = load(to->shift);
  }
  const long rows = height - y < m ? height - y : m;
  for (long t = 0; t < tiles; t++, x += m, src += LANES) {
    const long cols = width - x < m ? width - x : m;
    vf s[24];
    UNROLL for (int j = 0; j < n; j++) {
      vf d[6], o[4];
      UNROLL for (int i = 0; i < n; i++) d[i] = load(src + (i * n + j) * plane);
      winograd_out(m, d, o);
      UNROLL for (int i = 0; i < m; i++) s[i * n + j] = o[i];
    }
    UNROLL for (int i = 0; i < m; i++) {
      vf o[4];
      winograd_out(m, s + i * n, o);
      if (i >= rows) continue;
      const long place = ((y + i) * width + x) * LANES;
      UNROLL for (int j = 0; j < m; j++) {
        if (j >= cols) continue;
        vf v = o[j] + bias;
        if (to->residual) v = v + load(to->residual + place + j * LANES);
        v = bounded(v, low, high);
        if (to->scale) v = v * scale + shift;
        store(to->dst + place + j * LANES, v);
      }
    }
  }
}

static void winograd_output(
    long m, const float *src, long plane, long height, long width, long y, long x, long tiles,
    const struct aviary_pixel_target *to, float low, float high) {
  if (m == 2)
    winograd_output_row(2, src, plane, height, width, y, x, tiles, to, splat(low), splat(high));
  else
    winograd_output_row(4, src, plane, height, width, y, x, tiles, to, splat(low), splat(high));
}

INLINE void winograd_weights_block(
    const int m, const float *src, long row, long count, float *dst, long plane) {
  const int n = m + 2;
  vf g[9], t[18];
  for (int tap = 0; tap < 9; tap++) {
    float lane[LANES] = {0};
    for (long k = 0; k < count; k++) lane[k] = src[k * row + tap];
    g[tap] = load(lane);
  }
  UNROLL for (int j = 0; j < 3; j++) {
    vf d[3] = {g[j], g[3 + j], g[6 + j]}, o[6];
    winograd_weight(m, d, o);
    UNROLL for (int i = 0; i < n; i++) t[i * 3 + j] = o[i];
  }
  UNROLL for (int i = 0; i < n; i++) {
    vf o[6];
    winograd_weight(m, t + i * 3, o);
    UNROLL for (int j = 0; j < n; j++) store(dst + (i * n + j) * plane, o[j]);
  }
}

static void winograd_weights(long m, const float *src, long row, long count, float *dst, long plane) {
  if (m == 2)
    winograd_weights_block(2, src, row, count, dst, plane);
  else
    winograd_weights_block(4, src, row, count, dst, plane);
}
