// Vector kernels for single precision, one set per instruction set, chosen once at run time.
//
// Every set is compiled from the same template (kernels.inc.h) with its own target attribute, so no compiler
// flag is needed and a processor never executes what it lacks.
#ifndef AVIARY_SIMD_H
#define AVIARY_SIMD_H

#ifdef __cplusplus
extern "C" {
#endif

/// Activations that kernels apply to finished results. Parameters by position:
/// clip min, max; leaky_relu alpha; hard_sigmoid alpha, beta; elu alpha.
enum aviary_activation {
  AVIARY_ACTIVATION_NONE = 0,
  AVIARY_ACTIVATION_RELU,
  AVIARY_ACTIVATION_CLIP,
  AVIARY_ACTIVATION_LEAKY_RELU,
  AVIARY_ACTIVATION_SIGMOID,
  AVIARY_ACTIVATION_HARD_SIGMOID,
  AVIARY_ACTIVATION_HARD_SWISH,
  AVIARY_ACTIVATION_SILU,
  AVIARY_ACTIVATION_GELU,
  AVIARY_ACTIVATION_GELU_TANH,
  AVIARY_ACTIVATION_TANH,
  AVIARY_ACTIVATION_ELU,
};

/// A function over a row: dst[i] = f(src[i]), 0 <= i < n. dst may be src; they must not overlap otherwise.
typedef void (*aviary_row_fn)(float *dst, const float *src, long n);

/// One register tile of C (+)= A B.
///
/// A is rows x k with element (i, p) at a[i * a_row + p * a_col]; B is k x cols, row-major with b_row floats
/// between rows, each row readable up to a multiple of `lanes` floats; C is row-major with c_row floats
/// between rows. 1 <= rows <= tile_rows, 1 <= cols <= tile_cols. `accumulate` adds to C instead of
/// overwriting it. Every element is one chain of k multiply-adds in order, whatever the tile's size: results
/// do not depend on how a matrix is cut into tiles.
typedef void (*aviary_tile_fn)(
    long k, const float *a, long a_row, long a_col, const float *b, long b_row, float *c, long c_row,
    long rows, long cols, int accumulate);

/// dst[i] = bias + sum over t of weights[t] * src[offsets[t] + i], 0 <= i < n: one row of a convolution whose
/// taps are all contiguous.
typedef void (*aviary_taps_fn)(
    const float *src, const long *offsets, const float *weights, long taps, float bias, float *dst, long n);

/// What happens to finished rows: dst = activation(src + row_bias[i] + column_bias[j] + residual). Absent
/// pointers are NULL; rows of each matrix are `*_row` floats apart; dst may be src.
struct aviary_epilogue {
  const float *row_bias;
  const float *column_bias;
  const float *residual;
  long residual_row;
  int activation;
  float parameters[2];
};
typedef void (*aviary_finish_fn)(
    const float *src, long src_row, float *dst, long dst_row, long rows, long cols,
    const struct aviary_epilogue *epilogue);

/// Packs rows of A for `tile`: dst[p * rows + i] = src[i * row + p * col], 0 <= i < rows, 0 <= p < k.
typedef void (*aviary_pack_rows_fn)(float *dst, const float *src, long row, long col, long rows, long k);

/// Packs columns of B for `tile` with b_row = tile_cols: dst[p * tile_cols + j] = src[p * row + j * col],
/// 0 <= j < cols, zeros up to tile_cols.
typedef void (*aviary_pack_cols_fn)(float *dst, const float *src, long row, long col, long cols, long k);

/// A run of neighbouring outputs in one row of the output: columns first ..< first + count go to
/// dst[target ...].
struct aviary_segment {
  long first;
  long count;
  long target;
};

/// One row of the matrix that turns a convolution into a product (one channel and tap, many outputs).
/// Segment i reads column x * stride + shift of the row at src + sources[i] for output column x; columns
/// outside low ..< high, and segments whose source is negative, lie in the padding and give 0.
typedef void (*aviary_unfold_fn)(
    float *dst, const float *src, const long *sources, const struct aviary_segment *segments, long count,
    long low, long high, long stride, long shift);

/// How a row of a padded plane is filled: elements low ..< high are src[source + j * stride], the rest 0.
struct aviary_plane_row {
  long source;
  long low;
  long high;
};

/// Fills `count` rows of `length` floats each.
typedef void (*aviary_fill_plane_fn)(
    float *dst, const float *src, const struct aviary_plane_row *rows, long count, long length, long stride);

/// The first half of a softmax: dst[i] = exp(t[i] - max t) with t[i] = src[i] * scale + add[i], 0 <= i < n,
/// n >= 1; returns the sum of dst, by which the caller divides. `add` may be NULL; dst may be src.
typedef float (*aviary_exp_sum_fn)(float *dst, const float *src, const float *add, float scale, long n);

/// dst[i] = src[i] * scale, 0 <= i < n. dst may be src.
typedef void (*aviary_scale_fn)(float *dst, const float *src, float scale, long n);

/// dst[i] = (src[i] - mean) * inverse * gamma[i] + beta[i], 0 <= i < n, n >= 1, with inverse = 1 / sqrt(variance
/// + epsilon) of the row; without `centered` the mean counts as 0. `gamma` and `beta` may be NULL, and so may
/// `statistics`, which receives mean and inverse. dst may be src.
typedef void (*aviary_normalize_fn)(
    float *dst, const float *src, const float *gamma, const float *beta, float epsilon, int centered, long n,
    float *statistics);

/// The kernels of one instruction set.
struct aviary_kernels {
  const char *name;
  /// Floats in a vector register.
  int lanes;
  int tile_rows;
  int tile_cols;
  aviary_tile_fn tile;
  aviary_pack_rows_fn pack_rows;
  aviary_pack_cols_fn pack_cols;
  aviary_unfold_fn unfold;
  aviary_fill_plane_fn fill_plane;
  aviary_taps_fn taps;
  aviary_finish_fn finish;
  aviary_row_fn exp;
  aviary_row_fn tanh;
  aviary_row_fn erf;
  aviary_row_fn sigmoid;
  aviary_row_fn silu;
  aviary_row_fn gelu;
  aviary_row_fn gelu_tanh;
  aviary_exp_sum_fn exp_sum;
  aviary_scale_fn scale_row;
  aviary_normalize_fn normalize_row;
};

/// The kernels in use: the widest set this processor has, or the one that the environment variable AVIARY_ISA
/// names (avx512, avx2, portable) where the processor has it. Chosen at the first call.
const struct aviary_kernels *aviary_kernels(void);

/// The set with that name, or NULL where this processor lacks it (or it was not built for its architecture).
const struct aviary_kernels *aviary_kernels_named(const char *name);

// Row functions of the set in use. Errors against the exact value, any instruction set, all finite inputs:
//   exp      2 ulp, overflow gives infinity, denormal results are kept
//   tanh     4 ulp
//   sigmoid  4 ulp
//   erf      3e-7 absolute
//   silu     2e-7 times max(1, |x|), absolute
//   gelu, gelu_tanh  6e-7 times max(1, |x|), absolute
// NaN gives NaN, infinities their limits.
void aviary_exp_f32(float *dst, const float *src, long n);
void aviary_tanh_f32(float *dst, const float *src, long n);
void aviary_erf_f32(float *dst, const float *src, long n);
void aviary_sigmoid_f32(float *dst, const float *src, long n);
void aviary_silu_f32(float *dst, const float *src, long n);
void aviary_gelu_f32(float *dst, const float *src, long n);
void aviary_gelu_tanh_f32(float *dst, const float *src, long n);

/// Whether the calling thread runs a chunk of a parallel loop (thread-local).
int aviary_in_parallel(void);
void aviary_set_in_parallel(int value);

/// Processors that this process may run on, at least 1.
int aviary_available_processors(void);

/// Tells the processor that the thread waits in a loop.
static inline void aviary_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#ifdef __cplusplus
}
#endif
#endif
