// Elementary functions on vectors. The polynomials interpolate their functions at Chebyshev nodes, in double
// precision, with coefficients rounded to single.
typedef float vf __attribute__((vector_size(LANES * 4)));
typedef int vi __attribute__((vector_size(LANES * 4)));

INLINE vf load(const float *p) {
  vf v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINE void store(float *p, vf v) { memcpy(p, &v, sizeof v); }
// Subtracting 0 changes nothing, not even the sign of 0, so the compiler leaves only the broadcast.
INLINE vf splat(float x) { return x - (vf){0}; }
INLINE vf as_float(vi x) { return (vf)x; }
INLINE vi as_int(vf x) { return (vi)x; }

// mask is all ones or all zeros in each lane, as comparisons make it.
INLINE vf select(vi mask, vf yes, vf no) { return as_float((mask & as_int(yes)) | (~mask & as_int(no))); }
INLINE vf absolute(vf x) { return as_float(as_int(x) & 0x7fffffff); }
INLINE vf copy_sign(vf magnitude, vf sign) {
  return as_float((as_int(magnitude) & 0x7fffffff) | (as_int(sign) & (int)0x80000000));
}
// As extended vectors the compiler sees one maximum or minimum. NaN stays NaN in both: every comparison with
// it is false.
typedef float vector __attribute__((ext_vector_type(LANES)));
INLINE vf at_least(vf x, float low) {
  const vector y = (vector)x, least = (vector)splat(low);
  return (vf)(y < least ? least : y);
}
INLINE vf at_most(vf x, float high) {
  const vector y = (vector)x, most = (vector)splat(high);
  return (vf)(y > most ? most : y);
}

// 2^n for integers n in -126 ... 127.
INLINE vf power_of_two(vi n) { return as_float((n + 127) << 23); }

// x = n ln 2 + r with |r| <= ln 2 / 2; returns exp(r) - 1 and leaves n. |x| < 2^21.
INLINE vf reduced_expm1(vf x, vi *n) {
  // Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits.
  const float magic = 12582912.0f;
  vf shifted = x * 1.44269504f + magic;
  *n = as_int(shifted) - as_int(splat(magic));
  vf whole = shifted - magic;
  // ln 2 in two parts: the first has 9 bits, so its product with n is exact.
  vf r = x - whole * 0.693359375f;
  r = r - whole * -2.12194440e-4f;
  vf q = splat(0.00139336439f);
  q = q * r + 0.00836317521f;
  q = q * r + 0.0416664667f;
  q = q * r + 0.166665763f;
  q = q * r + 0.5f;
  return (r * r) * q + r;
}

INLINE vf v_exp(vf x) {
  vi n;
  vf p = reduced_expm1(at_most(at_least(x, -104.0f), 89.0f), &n) + 1.0f;
  // In two steps, so that results beyond the normal range come out right.
  vi half = n >> 1;
  return p * power_of_two(half) * power_of_two(n - half);
}

// exp with one scaling: 0 below about -87.3, infinity from about 88.4 on.
INLINE vf v_exp_clamped(vf x) {
  vi n;
  vf p = reduced_expm1(at_most(at_least(x, -87.0f), 89.0f), &n) + 1.0f;
  return p * power_of_two(n);
}

// x N(x^2) / D(x^2), a rational function whose relative error on |x| <= 9.02 is least: 3.1e-7 with rounding.
// All coefficients are positive, so nothing cancels.
INLINE vf v_tanh(vf x) {
  vf t = x * x;
  vf n = splat(1.3317803748691404e-08f);
  vf d = splat(7.761499318803544e-07f);
  n = n * t + 2.0582567231031135e-05f;
  d = d * t + 0.0003283002588432282f;
  n = n * t + 0.003493980038911104f;
  d = d * t + 0.02587086707353592f;
  n = n * t + 0.13379672169685364f;
  d = d * t + 0.4671298861503601f;
  n = n * t + 1.0f;
  d = d * t + 1.0f;
  return select(absolute(x) > 9.02f, copy_sign(splat(1.0f), x), x * n / d);
}

// One rounding where the set has such an instruction: the compiler joins a product and a sum within one
// expression only.
INLINE vf multiply_add(vf a, vf b, vf c) { return a * b + c; }

// p and a power of two (or nearly: a multiple of 1/8 in the exponent) whose product is exp(x), or exp(-x) where
// `negative`, for -87 <= x <= 87. `negative` is constant at every call.
INLINE vf exp_parts(vf x, const int negative, vf *power) {
#ifdef PERMUTE
  // 2^(n / 8) from a table of eight and the exponent, times a cubic: half the time of the polynomial above,
  // which needs its degree for a range eight times as wide.
  const float sign = negative ? -1.0f : 1.0f;
  const vf magic = splat(12582912.0f), factor = splat(sign * 11.54156017f), low = splat(sign * 1.54077043e-7f);
  static const float eighths[8] = {1.0f,         1.09050775f, 1.18920708f, 1.29683959f,
                                   1.41421354f, 1.54221082f, 1.68179286f, 1.8340081f};
  vf table;
  for (int i = 0; i < LANES; i++) table[i] = eighths[i % 8];
  const vf shifted = multiply_add(x, factor, magic);
  const vf f = multiply_add(x, low, multiply_add(x, factor, magic - shifted));
  const vi n = as_int(shifted);
  *power = as_float(as_int(PERMUTE(table, n)) + ((n >> 3) << 23));
  vf p = splat(0.00010839106f);
  p = p * f + 0.00375402556f;
  p = p * f + 0.0866434053f;
  return p * f + 1.0f;
#else
  vi n;
  const vf p = reduced_expm1(negative ? -x : x, &n) + 1.0f;
  *power = power_of_two(n);
  return p;
#endif
}

// exp for x <= 0 where results below the normal range may be 0: 1.2e-38 absolute.
INLINE vf v_exp_negative(vf x) {
  vf power;
  const vf p = exp_parts(at_least(x, -87.0f), 0, &power);
  return select(x < -87.0f, splat(0.0f), p * power);
}

// exp(-x) + 1, held where it is finite.
INLINE vf sigmoid_denominator(vf x) {
  vf power;
  const vf p = exp_parts(at_most(at_least(x, -87.0f), 87.0f), 1, &power);
  return p * power + 1.0f;
}

// A division is as fast as an estimate and its correction: it runs beside the multiplications.
INLINE vf v_sigmoid(vf x) { return 1.0f / sigmoid_denominator(x); }
// x is held where its gate is: the product then ends at -1.5e-36 instead of 0, and never at minus infinity.
INLINE vf v_silu(vf x) { return at_least(x, -87.0f) / sigmoid_denominator(x); }

// erf(x) as x N(x^2) / D(x^2), of least relative error on |x| <= 3.95: 3.5e-7 with rounding. `t` is x^2.
INLINE vf erf_ratio(vf x, vf t) {
  vf n = splat(2.025858520937618e-06f);
  vf d = splat(3.783018109970726e-05f);
  n = n * t + 0.0002846667484845966f;
  d = d * t + 0.0011705876095220447f;
  n = n * t + 0.0038076683413237333f;
  d = d * t + 0.015054109506309032f;
  n = n * t + 0.0528738908469677f;
  d = d * t + 0.11455526202917099f;
  n = n * t + 0.19154024124145508f;
  d = d * t + 0.5030807852745056f;
  n = n * t + 1.1283791065216064f;
  d = d * t + 1.0f;
  return x * n / d;
}

INLINE vf v_erf(vf x) {
  return select(absolute(x) > 3.95f, copy_sign(splat(1.0f), x), erf_ratio(x, x * x));
}

// Below -5.58 the exact value is above -7e-8.
INLINE vf v_gelu(vf x) {
  vf s = at_most(x, 5.586f) * 0.70710678f;
  vf y = (0.5f * x) * (1.0f + erf_ratio(s, s * s));
  return select(x < -5.586f, splat(0.0f), y);
}

// 1 + tanh(u) = 2 / (1 + exp(-2 u)), which cancels nowhere.
INLINE vf v_gelu_tanh(vf x) {
  // Beyond 15 the result is x or 0; the cube must not overflow.
  vf a = at_most(at_least(x, -15.0f), 15.0f);
  vf u = a * (-1.59576912f - 0.0713548163f * (a * a));
  vf y = x / (v_exp_clamped(u) + 1.0f);
  return select(x < -15.0f, splat(0.0f), y);
}

// Two independent vectors at a time, so that their chains overlap. The last, partial vector goes through a
// buffer: never reads or writes beyond n.
#define ROW_FUNCTION(name)                                          \
  static void row_##name(float *dst, const float *src, long n) {    \
    long i = 0;                                                     \
    for (; i + 2 * LANES <= n; i += 2 * LANES) {                    \
      vf a = v_##name(load(src + i));                               \
      vf b = v_##name(load(src + i + LANES));                       \
      store(dst + i, a);                                            \
      store(dst + i + LANES, b);                                    \
    }                                                               \
    for (; i + LANES <= n; i += LANES)                              \
      store(dst + i, v_##name(load(src + i)));                      \
    if (i < n) {                                                    \
      float rest[LANES] = {0};                                      \
      memcpy(rest, src + i, (size_t)(n - i) * sizeof *rest);        \
      store(rest, v_##name(load(rest)));                            \
      memcpy(dst + i, rest, (size_t)(n - i) * sizeof *rest);        \
    }                                                               \
  }
ROW_FUNCTION(exp)
ROW_FUNCTION(tanh)
ROW_FUNCTION(erf)
ROW_FUNCTION(sigmoid)
ROW_FUNCTION(silu)
ROW_FUNCTION(gelu)
ROW_FUNCTION(gelu_tanh)
