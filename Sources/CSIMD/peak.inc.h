// The loop of one instruction set. peak.c defines LANES (floats per register), SUMS (registers that are
// summed into: at least latency times throughput of a multiply-add, and no more than stay in registers) and
// PEAK, the function's name.

static double PEAK(long rounds) {
  typedef float vf __attribute__((vector_size(LANES * sizeof(float))));
  // From memory that the compiler must believe to change, so that it computes nothing beforehand.
  volatile float start = 0.5f, factor = 0.999f, shift = 1e-3f;
  vf sums[SUMS], x, y;
  for (int lane = 0; lane < LANES; lane++) {
    x[lane] = factor;
    y[lane] = shift;
  }
  for (int i = 0; i < SUMS; i++)
    for (int lane = 0; lane < LANES; lane++) sums[i][lane] = start + (float)i;
  for (long round = 0; round < rounds; round++) {
    _Pragma("clang loop unroll(full)")
    for (int i = 0; i < SUMS; i++) sums[i] = sums[i] * x + y;
  }
  volatile float sink = 0;
  for (int i = 0; i < SUMS; i++) sink = sink + sums[i][0];
  return 2.0 * LANES * SUMS * (double)rounds;
}
