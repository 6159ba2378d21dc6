// Row kernels: contiguous taps (depthwise convolution) and the epilogue.

INLINE void taps_block(
    const int vectors, const float *src, const long *offsets, const float *weights, long taps, float bias,
    float *dst) {
  vf sum[8];
  UNROLL for (int v = 0; v < vectors; v++) sum[v] = splat(bias);
  for (long t = 0; t < taps; t++) {
    const float *from = src + offsets[t];
    vf weight = splat(weights[t]);
    UNROLL for (int v = 0; v < vectors; v++) sum[v] = weight * load(from + v * LANES) + sum[v];
  }
  UNROLL for (int v = 0; v < vectors; v++) store(dst + v * LANES, sum[v]);
}

static void taps_row(
    const float *src, const long *offsets, const float *weights, long taps, float bias, float *dst, long n) {
  long i = 0;
  for (; i + 8 * LANES <= n; i += 8 * LANES)
    taps_block(8, src + i, offsets, weights, taps, bias, dst + i);
  for (; i + 4 * LANES <= n; i += 4 * LANES)
    taps_block(4, src + i, offsets, weights, taps, bias, dst + i);
  for (; i + 2 * LANES <= n; i += 2 * LANES)
    taps_block(2, src + i, offsets, weights, taps, bias, dst + i);
  for (; i + LANES <= n; i += LANES) taps_block(1, src + i, offsets, weights, taps, bias, dst + i);
  if (i == n) return;
  if (n >= LANES) {
    // Once more over the last full vector: its first lanes come out as they were.
    i = n - LANES;
    taps_block(1, src + i, offsets, weights, taps, bias, dst + i);
    return;
  }
  for (; i < n; i++) {
    float sum = bias;
    for (long t = 0; t < taps; t++) sum = weights[t] * src[offsets[t] + i] + sum;
    dst[i] = sum;
  }
}

INLINE vf activate(const int activation, const float *p, vf x) {
  switch (activation) {
    case AVIARY_ACTIVATION_RELU: return at_least(x, 0.0f);
    case AVIARY_ACTIVATION_CLIP: return at_most(at_least(x, p[0]), p[1]);
    case AVIARY_ACTIVATION_LEAKY_RELU: return select(x < 0.0f, x * p[0], x);
    case AVIARY_ACTIVATION_SIGMOID: return v_sigmoid(x);
    case AVIARY_ACTIVATION_HARD_SIGMOID: return at_most(at_least(x * p[0] + p[1], 0.0f), 1.0f);
    case AVIARY_ACTIVATION_HARD_SWISH:
      return x * at_most(at_least(x * (1.0f / 6.0f) + 0.5f, 0.0f), 1.0f);
    case AVIARY_ACTIVATION_SILU: return v_silu(x);
    case AVIARY_ACTIVATION_GELU: return v_gelu(x);
    case AVIARY_ACTIVATION_GELU_TANH: return v_gelu_tanh(x);
    case AVIARY_ACTIVATION_TANH: return v_tanh(x);
    case AVIARY_ACTIVATION_ELU: {
      // exp(x) - 1 with the reduced form, which is exact near 0.
      vi n;
      vf e = reduced_expm1(at_most(at_least(x, -87.0f), 0.0f), &n);
      vf scale = power_of_two(n);
      return select(x < 0.0f, p[0] * (e * scale + (scale - 1.0f)), x);
    }
    default: return x;
  }
}

INLINE vf finished(
    const int activation, const struct aviary_epilogue *e, vf x, float bias, const float *column_bias,
    const float *residual) {
  x = x + bias;
  if (column_bias) x = x + load(column_bias);
  if (residual) x = x + load(residual);
  return activate(activation, e->parameters, x);
}

INLINE void finish_rows(
    const int activation, const float *src, long src_row, float *dst, long dst_row, long rows, long cols,
    const struct aviary_epilogue *e) {
  for (long i = 0; i < rows; i++) {
    const float bias = e->row_bias ? e->row_bias[i] : 0.0f;
    const float *residual = e->residual ? e->residual + i * e->residual_row : 0;
    const float *from = src + i * src_row;
    float *to = dst + i * dst_row;
    const float *column = e->column_bias;
    long j = 0;
    // Two at a time, so that their chains overlap.
    for (; j + 2 * LANES <= cols; j += 2 * LANES) {
      const long k = j + LANES;
      vf a = finished(activation, e, load(from + j), bias, column ? column + j : 0, residual ? residual + j : 0);
      vf b = finished(activation, e, load(from + k), bias, column ? column + k : 0, residual ? residual + k : 0);
      store(to + j, a);
      store(to + k, b);
    }
    for (; j + LANES <= cols; j += LANES)
      store(to + j, finished(activation, e, load(from + j), bias, e->column_bias ? e->column_bias + j : 0,
                             residual ? residual + j : 0));
    if (j < cols) {
      const size_t bytes = (size_t)(cols - j) * sizeof(float);
      float x[LANES] = {0}, column[LANES] = {0}, other[LANES] = {0};
      memcpy(x, from + j, bytes);
      if (e->column_bias) memcpy(column, e->column_bias + j, bytes);
      if (residual) memcpy(other, residual + j, bytes);
      store(x, finished(activation, e, load(x), bias, e->column_bias ? column : 0, residual ? other : 0));
      memcpy(to + j, x, bytes);
    }
  }
}

static void finish(
    const float *src, long src_row, float *dst, long dst_row, long rows, long cols,
    const struct aviary_epilogue *e) {
#define CASE(name) \
  case AVIARY_ACTIVATION_##name: \
    finish_rows(AVIARY_ACTIVATION_##name, src, src_row, dst, dst_row, rows, cols, e); \
    return;
  switch (e->activation) {
    CASE(RELU)
    CASE(CLIP)
    CASE(LEAKY_RELU)
    CASE(SIGMOID)
    CASE(HARD_SIGMOID)
    CASE(HARD_SWISH)
    CASE(SILU)
    CASE(GELU)
    CASE(GELU_TANH)
    CASE(TANH)
    CASE(ELU)
    default: finish_rows(AVIARY_ACTIVATION_NONE, src, src_row, dst, dst_row, rows, cols, e);
  }
#undef CASE
}
