// Rows that are normalised: softmax, and mean and variance.

INLINE float horizontal_sum(vf x) {
  float part[LANES];
  store(part, x);
  float sum = 0.0f;
  // Halves first: the order is fixed, whatever a row's length.
  for (int step = LANES / 2; step > 0; step /= 2)
    for (int i = 0; i < step; i++) part[i] += part[i + step];
  sum = part[0];
  return sum;
}

INLINE float horizontal_max(vf x) {
  float part[LANES];
  store(part, x);
  for (int step = LANES / 2; step > 0; step /= 2)
    for (int i = 0; i < step; i++) part[i] = part[i] > part[i + step] ? part[i] : part[i + step];
  return part[0];
}

INLINE vf larger(vf a, vf b) { return select(a > b, a, b); }

// The first `count` floats at `p`, `fill` in the other lanes.
INLINE vf load_part(const float *p, long count, float fill) {
  float part[LANES];
  for (int i = 0; i < LANES; i++) part[i] = fill;
  memcpy(part, p, (size_t)count * sizeof *p);
  return load(part);
}
// All ones in the last `count` lanes.
INLINE vi last_lanes(long count) {
  static const int lanes[2 * LANES] = {
      0, 0, 0, 0,
#if LANES >= 8
      0, 0, 0, 0,
#endif
#if LANES == 16
      0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1,
#endif
#if LANES >= 8
      -1, -1, -1, -1,
#endif
      -1, -1, -1, -1,
  };
  vi mask;
  memcpy(&mask, lanes + count, sizeof mask);
  return mask;
}

INLINE void store_part(float *p, vf x, long count) {
  float part[LANES];
  store(part, x);
  memcpy(p, part, (size_t)count * sizeof *p);
}

// Largest element of a row, in four chains. A NaN may be lost: it comes back with the exponentials.
INLINE float row_max(const float *src, long n) {
  const float least = -__builtin_inff();
  vf m0 = splat(least), m1 = m0, m2 = m0, m3 = m0;
  long i = 0;
  for (; i + 4 * LANES <= n; i += 4 * LANES) {
    m0 = larger(load(src + i), m0);
    m1 = larger(load(src + i + LANES), m1);
    m2 = larger(load(src + i + 2 * LANES), m2);
    m3 = larger(load(src + i + 3 * LANES), m3);
  }
  for (; i + LANES <= n; i += LANES) m0 = larger(load(src + i), m0);
  // The last full vector once more, where there is one.
  if (i < n) m1 = larger(n >= LANES ? load(src + n - LANES) : load_part(src + i, n - i, least), m1);
  return horizontal_max(larger(larger(m0, m1), larger(m2, m3)));
}

static float max_of_row(const float *src, long n) { return row_max(src, n); }

static float exp_sum(float *dst, const float *src, const float *add, float scale, long n) {
  long i = 0;
  if (add || scale != 1.0f) {
    for (; i + LANES <= n; i += LANES) {
      vf x = load(src + i) * scale;
      store(dst + i, add ? x + load(add + i) : x);
    }
    for (; i < n; i++) dst[i] = add ? src[i] * scale + add[i] : src[i] * scale;
    src = dst;
  }
  const float max = row_max(src, n);
  // The last full vector, before the loop writes over it where dst is src.
  const long rest = n % LANES;
  const vf last = n >= LANES ? load(src + n - LANES) : splat(0.0f);
  vf s0 = splat(0.0f), s1 = s0, s2 = s0, s3 = s0;
  for (i = 0; i + 4 * LANES <= n; i += 4 * LANES) {
    vf a = v_exp_negative(load(src + i) - max);
    vf b = v_exp_negative(load(src + i + LANES) - max);
    vf c = v_exp_negative(load(src + i + 2 * LANES) - max);
    vf d = v_exp_negative(load(src + i + 3 * LANES) - max);
    store(dst + i, a);
    store(dst + i + LANES, b);
    store(dst + i + 2 * LANES, c);
    store(dst + i + 3 * LANES, d);
    s0 = s0 + a;
    s1 = s1 + b;
    s2 = s2 + c;
    s3 = s3 + d;
  }
  for (; i + LANES <= n; i += LANES) {
    vf a = v_exp_negative(load(src + i) - max);
    store(dst + i, a);
    s0 = s0 + a;
  }
  if (i < n && n >= LANES) {
    // Its first lanes were there before: they come out as they were, and count no more.
    vf a = v_exp_negative(last - max);
    store(dst + n - LANES, a);
    s1 = s1 + select(last_lanes(rest), a, splat(0.0f));
  } else if (i < n) {
    // Lanes beyond the end stand at minus infinity and add nothing.
    vf a = v_exp_negative(load_part(src + i, n - i, -__builtin_inff()) - max);
    store_part(dst + i, a, n - i);
    vi inside;
    for (int lane = 0; lane < LANES; lane++) inside[lane] = lane < n - i ? -1 : 0;
    s1 = s1 + select(inside, a, splat(0.0f));
  }
  return horizontal_sum((s0 + s1) + (s2 + s3));
}

// Sums and extremes of rows, and of rows with rows; NaN where any element is.

static float sum_row(const float *src, long n) {
  float total = 0.0f;
  // In pieces: a chain's rounding error grows with its length.
  for (long start = 0; start < n; start += 2048) {
    const long end = start + 2048 < n ? start + 2048 : n;
    vf s0 = splat(0.0f), s1 = s0, s2 = s0, s3 = s0;
    long i = start;
    for (; i + 4 * LANES <= end; i += 4 * LANES) {
      s0 = s0 + load(src + i);
      s1 = s1 + load(src + i + LANES);
      s2 = s2 + load(src + i + 2 * LANES);
      s3 = s3 + load(src + i + 3 * LANES);
    }
    for (; i + LANES <= end; i += LANES) s0 = s0 + load(src + i);
    float part = horizontal_sum((s0 + s1) + (s2 + s3));
    for (; i < end; i++) part += src[i];
    total += part;
  }
  return total;
}

static void add_row(float *dst, const float *src, long n) {
  long i = 0;
  for (; i + LANES <= n; i += LANES) store(dst + i, load(dst + i) + load(src + i));
  for (; i < n; i++) dst[i] += src[i];
}

INLINE vf extreme(const int greatest, vf x, vf most) {
  return select((greatest ? x > most : x < most) | (x != x), x, most);
}
INLINE float extreme_number(const int greatest, float x, float most) {
  return (greatest ? x > most : x < most) || x != x ? x : most;
}
INLINE float extreme_of(const int greatest, const float *src, long n, float most) {
  long i = 0;
  if (n >= LANES) {
    vf m0 = splat(most), m1 = m0, m2 = m0, m3 = m0;
    for (; i + 4 * LANES <= n; i += 4 * LANES) {
      m0 = extreme(greatest, load(src + i), m0);
      m1 = extreme(greatest, load(src + i + LANES), m1);
      m2 = extreme(greatest, load(src + i + 2 * LANES), m2);
      m3 = extreme(greatest, load(src + i + 3 * LANES), m3);
    }
    for (; i + LANES <= n; i += LANES) m0 = extreme(greatest, load(src + i), m0);
    m0 = extreme(greatest, extreme(greatest, m1, m0), extreme(greatest, m3, m2));
    float part[LANES];
    store(part, m0);
    for (int lane = 0; lane < LANES; lane++) most = extreme_number(greatest, part[lane], most);
  }
  for (; i < n; i++) most = extreme_number(greatest, src[i], most);
  return most;
}
INLINE void extreme_with(const int greatest, float *dst, const float *src, long n) {
  long i = 0;
  for (; i + LANES <= n; i += LANES) store(dst + i, extreme(greatest, load(src + i), load(dst + i)));
  for (; i < n; i++) dst[i] = extreme_number(greatest, src[i], dst[i]);
}
static float extreme_row(const float *src, long n, float most, int greatest) {
  return greatest ? extreme_of(1, src, n, most) : extreme_of(0, src, n, most);
}
static void join_extreme(float *dst, const float *src, long n, int greatest) {
  if (greatest)
    extreme_with(1, dst, src, n);
  else
    extreme_with(0, dst, src, n);
}

// Rows shorter than a vector, read and written a whole vector at a time: what is written beyond a row is the next
// one's place, which comes later. So dst and src are different memory, and the last rows are left to the caller.
// Returns how many rows it did.
static long softmax_narrow(float *dst, const float *src, long rows, long n) {
  const vf least = splat(-__builtin_inff());
  vi inside;
  for (int lane = 0; lane < LANES; lane++) inside[lane] = lane < n ? -1 : 0;
  long r = 0;
  for (; (rows - r) * n >= LANES; r++, src += n, dst += n) {
    const vf x = select(inside, load(src), least);
    const vf e = select(inside, v_exp_negative(x - horizontal_max(x)), splat(0.0f));
    store(dst, e * (1.0f / horizontal_sum(e)));
  }
  return r;
}

// Short rows one after the other: a call each would cost more than they do.
static void softmax_rows(float *dst, const float *src, long rows, long n) {
  long r = 0;
  if (n > 0 && n < LANES && (src + rows * n <= dst || dst + rows * n <= src)) {
    r = softmax_narrow(dst, src, rows, n);
    src += r * n;
    dst += r * n;
  }
  for (; r < rows; r++, src += n, dst += n) {
    const float scale = 1.0f / exp_sum(dst, src, 0, 1.0f, n);
    long i = 0;
    for (; i + LANES <= n; i += LANES) store(dst + i, load(dst + i) * scale);
    for (; i < n; i++) dst[i] *= scale;
  }
}

// dst[i] = the sum over taps of weights[i * taps + t] * src[indices[i * taps + t]].
static void resample_line(
    float *dst, const float *src, const int *indices, const float *weights, long taps, long n) {
  if (taps == 2) {
    for (long i = 0; i < n; i++)
      dst[i] = weights[2 * i] * src[indices[2 * i]] + weights[2 * i + 1] * src[indices[2 * i + 1]];
    return;
  }
  for (long i = 0; i < n; i++) {
    float sum = 0.0f;
    for (long t = 0; t < taps; t++) sum += weights[i * taps + t] * src[indices[i * taps + t]];
    dst[i] = sum;
  }
}

static void scale_row(float *dst, const float *src, float scale, long n) {
  long i = 0;
  for (; i + LANES <= n; i += LANES) store(dst + i, load(src + i) * scale);
  for (; i < n; i++) dst[i] = src[i] * scale;
}

// Sums of f(x) over a row in four chains, in blocks: a chain's rounding error grows with its length.
#define ROW_SUM(name, term)                                               \
  INLINE float name(const float *src, float mean, long n) {               \
    float total = 0.0f;                                                   \
    for (long start = 0; start < n; start += 4096) {                      \
      const long end = start + 4096 < n ? start + 4096 : n;               \
      vf s0 = splat(0.0f), s1 = s0, s2 = s0, s3 = s0;                     \
      long i = start;                                                     \
      for (; i + 4 * LANES <= end; i += 4 * LANES) {                      \
        vf a = load(src + i) - mean, b = load(src + i + LANES) - mean;    \
        vf c = load(src + i + 2 * LANES) - mean, d = load(src + i + 3 * LANES) - mean; \
        s0 = s0 + term(a);                                                \
        s1 = s1 + term(b);                                                \
        s2 = s2 + term(c);                                                \
        s3 = s3 + term(d);                                                \
      }                                                                   \
      for (; i + LANES <= end; i += LANES) {                              \
        vf a = load(src + i) - mean;                                      \
        s0 = s0 + term(a);                                                \
      }                                                                   \
      if (i < end) {                                                      \
        vf a = load_part(src + i, end - i, mean) - mean;                  \
        s1 = s1 + term(a);                                                \
      }                                                                   \
      total += horizontal_sum((s0 + s1) + (s2 + s3));                     \
    }                                                                     \
    return total;                                                         \
  }
#define ITSELF(x) (x)
#define SQUARE(x) ((x) * (x))
ROW_SUM(deviation_sum, ITSELF)
ROW_SUM(square_sum, SQUARE)

static void normalize_row(
    float *dst, const float *src, const float *gamma, const float *beta, float epsilon, int centered, long n,
    float *statistics) {
  float mean = 0.0f;
  if (centered) {
    // The first element as a first guess: nothing cancels where all elements are large and close together.
    const float guess = src[0] == src[0] && src[0] - src[0] == 0.0f ? src[0] : 0.0f;
    mean = guess + deviation_sum(src, guess, n) / (float)n;
  }
  const float inverse = 1.0f / __builtin_sqrtf(square_sum(src, mean, n) / (float)n + epsilon);
  if (statistics) {
    statistics[0] = mean;
    statistics[1] = inverse;
  }
  long i = 0;
  for (; i + LANES <= n; i += LANES) {
    vf x = (load(src + i) - mean) * inverse;
    if (gamma) x = x * load(gamma + i);
    if (beta) x = x + load(beta + i);
    store(dst + i, x);
  }
  for (; i < n; i++) {
    float x = (src[i] - mean) * inverse;
    if (gamma) x = x * gamma[i];
    if (beta) x = x + beta[i];
    dst[i] = x;
  }
}
