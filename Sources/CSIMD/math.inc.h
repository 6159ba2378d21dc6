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
// NaN stays NaN in both: every comparison with it is false.
INLINE vf at_least(vf x, float low) { return select(x < low, splat(low), x); }
INLINE vf at_most(vf x, float high) { return select(x > high, splat(high), x); }

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

// exp for x <= 0 where results below the normal range may be 0: 1.2e-38 absolute.
INLINE vf v_exp_negative(vf x) {
  vi n;
  vf p = reduced_expm1(at_least(x, -87.0f), &n) + 1.0f;
  return select(x < -87.0f, splat(0.0f), p * power_of_two(n));
}

INLINE vf v_tanh(vf x) {
  // tanh(a) = e / (e + 2) with e = exp(2a) - 1, which loses nothing near 0.
  vi n;
  vf p = reduced_expm1(at_most(absolute(x) * 2.0f, 40.0f), &n);
  vf scale = power_of_two(n);
  vf e = p * scale + (scale - 1.0f);
  return copy_sign(e / (e + 2.0f), x);
}

INLINE vf v_sigmoid(vf x) {
  vf e = v_exp(-absolute(x));
  return select(x < 0.0f, e, splat(1.0f)) / (e + 1.0f);
}

INLINE vf v_erf(vf x) {
  vf a = absolute(x);
  // |x| < 1: x P(x^2).
  vf t = a * a;
  vf p = splat(-0.000565410592f);
  p = p * t + 0.00492327753f;
  p = p * t + -0.026716385f;
  p = p * t + 0.112803645f;
  p = p * t + -0.376123488f;
  p = p * t + 1.12837911f;
  vf small = p * a;
  // 1 <= |x| <= 4: 1 - exp(Q(|x|)); beyond 4 the result rounds to 1.
  vf b = at_most(a, 4.0f);
  vf q = splat(1.6140616e-06f);
  q = q * b + -4.55906229e-05f;
  q = q * b + 0.000592769531f;
  q = q * b + -0.00474022236f;
  q = q * b + 0.0263647176f;
  q = q * b + -0.109978244f;
  q = q * b + -0.631937087f;
  q = q * b + -1.13016665f;
  q = q * b + 0.000303212961f;
  vf large = 1.0f - v_exp(q);
  return copy_sign(select(a < 1.0f, small, large), x);
}

// The factor x is held above minus infinity, where the product would be NaN instead of the limit 0.
INLINE vf v_silu(vf x) { return at_least(x, -1.0e30f) * v_sigmoid(x); }
INLINE vf v_gelu(vf x) { return 0.5f * at_least(x, -1.0e30f) * (1.0f + v_erf(x * 0.70710678f)); }
INLINE vf v_gelu_tanh(vf x) {
  vf inner = 0.797884561f * (x + 0.044715f * (x * x * x));
  return 0.5f * at_least(x, -1.0e30f) * (1.0f + v_tanh(inner));
}

// The last, partial vector goes through a buffer: never reads or writes beyond n.
#define ROW_FUNCTION(name)                                          \
  static void row_##name(float *dst, const float *src, long n) {    \
    long i = 0;                                                     \
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
