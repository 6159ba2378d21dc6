// Bringing matrices and images into the order in which the tile reads them.

INLINE void copy_run(float *dst, const float *src, long n) {
  long i = 0;
  for (; i + LANES <= n; i += LANES) store(dst + i, load(src + i));
  for (; i < n; i++) dst[i] = src[i];
}

INLINE void zero_run(float *dst, long n) {
  long i = 0;
  for (; i + LANES <= n; i += LANES) store(dst + i, splat(0.0f));
  for (; i < n; i++) dst[i] = 0.0f;
}

static void pack_rows(float *dst, const float *src, long row, long col, long rows, long k) {
  if (row == 1) {
    for (long p = 0; p < k; p++) copy_run(dst + p * rows, src + p * col, rows);
    return;
  }
  for (long p = 0; p < k; p++)
    for (long i = 0; i < rows; i++) dst[p * rows + i] = src[i * row + p * col];
}

static void pack_cols(float *dst, const float *src, long row, long col, long cols, long k) {
  for (long p = 0; p < k; p++) {
    float *to = dst + p * TILE_COLS;
    const float *from = src + p * row;
    if (cols == TILE_COLS && col == 1) {
      store(to, load(from));
      store(to + LANES, load(from + LANES));
      continue;
    }
    for (long j = 0; j < cols; j++) to[j] = from[j * col];
    for (long j = cols; j < TILE_COLS; j++) to[j] = 0.0f;
  }
}

static void unfold(
    float *dst, const float *src, const long *sources, const struct aviary_segment *segments, long count,
    long low, long high, long stride, long shift) {
  for (long i = 0; i < count; i++) {
    const long first = segments[i].first, end = first + segments[i].count;
    float *to = dst + segments[i].target - first;
    if (sources[i] < 0) {
      zero_run(to + first, end - first);
      continue;
    }
    long a = low > first ? low : first;
    long b = high < end ? high : end;
    if (a >= b) {
      zero_run(to + first, end - first);
      continue;
    }
    const float *from = src + sources[i] + shift;
    zero_run(to + first, a - first);
    if (stride == 1)
      copy_run(to + a, from + a, b - a);
    else
      for (long x = a; x < b; x++) to[x] = from[x * stride];
    zero_run(to + b, end - b);
  }
}

static void fill_plane(
    float *dst, const float *src, const struct aviary_plane_row *rows, long count, long length, long stride) {
  for (long i = 0; i < count; i++) {
    float *to = dst + i * length;
    const long low = rows[i].low, high = rows[i].high;
    const float *from = src + rows[i].source;
    zero_run(to, low);
    if (stride == 1)
      copy_run(to + low, from + low, high - low);
    else
      for (long j = low; j < high; j++) to[j] = from[j * stride];
    zero_run(to + high, length - high);
  }
}
