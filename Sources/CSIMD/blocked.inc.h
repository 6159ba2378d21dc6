// Blocked layout: pixels of LANES channels each. Depthwise convolution, pooling, reordering, the activation of
// finished pixels.

// `pixels` is constant at every call.
INLINE void depthwise_tile(
    const int pixels, const float *src, const long *steps, long taps, long stride, const float *weights,
    const struct aviary_pixel_target *to, float *dst, const float *residual, vf low, vf high) {
  vf sum[12];
  const vf bias = to->bias ? load(to->bias) : splat(0.0f);
  UNROLL for (int p = 0; p < pixels; p++) sum[p] = bias;
  for (long t = 0; t < taps; t++) {
    const float *from = src + steps[t];
    const vf weight = load(weights + t * LANES);
    UNROLL for (int p = 0; p < pixels; p++) sum[p] = weight * load(from + p * stride) + sum[p];
  }
  UNROLL for (int p = 0; p < pixels; p++) {
    vf y = sum[p];
    if (residual) y = y + load(residual + p * LANES);
    y = bounded(y, low, high);
    if (to->scale) y = y * load(to->scale) + load(to->shift);
    store(dst + p * LANES, y);
  }
}

static void depthwise(
    const float *src, const long *steps, long taps, long stride, long pixels, const float *weights,
    const struct aviary_pixel_target *to, float low, float high) {
  const vf least = splat(low), most = splat(high);
  long p = 0;
#define RUN(size)                                                                                      \
  depthwise_tile(size, src + p * stride, steps, taps, stride, weights, to, to->dst + p * LANES,        \
                 to->residual ? to->residual + p * LANES : 0, least, most)
  for (; p + 12 <= pixels; p += 12) RUN(12);
  if (p + 7 <= pixels) {
    RUN(7);
    p += 7;
  }
  for (; p + 4 <= pixels; p += 4) RUN(4);
  for (; p < pixels; p++) RUN(1);
#undef RUN
}

static void pool_max(
    const float *src, const long *steps, long taps, long stride, long pixels, float *dst) {
  for (long p = 0; p < pixels; p++) {
    vf most = load(src + p * stride + steps[0]);
    for (long t = 1; t < taps; t++) {
      const vf x = load(src + p * stride + steps[t]);
      // NaN wins, as in ONNX Runtime and PyTorch: only a value known not to exceed the most is passed over,
      // and nothing replaces a NaN.
      most = select((x <= most) | (most != most), most, x);
    }
    store(dst + p * LANES, most);
  }
}

static void pool_sum(
    const float *src, const long *steps, long taps, long stride, long pixels, float scale, float *dst) {
  for (long p = 0; p < pixels; p++) {
    vf sum = load(src + p * stride + steps[0]);
    for (long t = 1; t < taps; t++) sum = sum + load(src + p * stride + steps[t]);
    store(dst + p * LANES, sum * scale);
  }
}

static void pixel_mean(const float *src, long pixels, float scale, float *dst) {
  vf a = splat(0.0f), b = a, c = a, d = a;
  long p = 0;
  for (; p + 4 <= pixels; p += 4) {
    a = a + load(src + p * LANES);
    b = b + load(src + (p + 1) * LANES);
    c = c + load(src + (p + 2) * LANES);
    d = d + load(src + (p + 3) * LANES);
  }
  for (; p < pixels; p++) a = a + load(src + p * LANES);
  store(dst, ((a + b) + (c + d)) * scale);
}

static void scale_rows(float *dst, const float *src, const float *factors, long rows, long width) {
  for (long i = 0; i < rows; i++) {
    const vf factor = splat(factors[i]);
    for (long j = 0; j < width; j += LANES) store(dst + j, load(src + j) * factor);
    dst += width;
    src += width;
  }
}

static void block_channels(float *dst, const float *src, long row, long pixel, long channels, long pixels) {
  if (row == 1 && channels == LANES) {
    for (long p = 0; p < pixels; p++) store(dst + p * LANES, load(src + p * pixel));
    return;
  }
  for (long p = 0; p < pixels; p++) {
    float lane[LANES] = {0};
    for (long c = 0; c < channels; c++) lane[c] = src[c * row + p * pixel];
    store(dst + p * LANES, load(lane));
  }
}

static void unblock_channels(float *dst, long row, long pixel, const float *src, long channels, long pixels) {
  if (row == 1 && channels == LANES) {
    for (long p = 0; p < pixels; p++) store(dst + p * pixel, load(src + p * LANES));
    return;
  }
  for (long c = 0; c < channels; c++)
    for (long p = 0; p < pixels; p++) dst[c * row + p * pixel] = src[p * LANES + c];
}

static void pixel_finish(
    float *dst, long pixels, int activation, const float *parameters, const float *scale,
    const float *shift) {
  const vf factor = scale ? load(scale) : splat(1.0f), addend = shift ? load(shift) : splat(0.0f);
#define CASE(name)                                                                    \
  case AVIARY_ACTIVATION_##name:                                                      \
    for (long p = 0; p < pixels; p++) {                                               \
      vf y = activate(AVIARY_ACTIVATION_##name, parameters, load(dst + p * LANES));   \
      if (scale) y = y * factor + addend;                                             \
      store(dst + p * LANES, y);                                                      \
    }                                                                                 \
    return;
  switch (activation) {
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
    CASE(NONE)
  }
#undef CASE
}
