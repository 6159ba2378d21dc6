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

/// What all tiles of a convolution or product share.
///
/// Pixel p of the result, channel c is the sum over s < count, i < run of
/// src[p][steps[s] + i] * weights[s * run + i][c], where a row of weights has blocks * lanes channels.
struct aviary_pixel_tile {
  /// Where each run of inputs begins, in floats from the address of a pixel.
  const long *steps;
  long count;
  /// Neighbouring inputs in each run: `lanes` in blocked layout, 1 for the planes of a first layer, all of k
  /// for the rows of a matrix.
  long run;
  /// Floats between neighbouring pixels of the result, and between its blocks of `lanes` channels. The
  /// residual has the same.
  long dst_pixel;
  long dst_block;
  /// Bounds of the results: 0 and infinity for Relu.
  float low;
  float high;
};

/// Where a strip of pixels goes, and what happens to it: y = min(max(sum + bias + residual, low), high),
/// then y * scale + shift. Absent pointers are NULL; bias, scale and shift have blocks * lanes floats.
struct aviary_pixel_target {
  float *dst;
  const float *residual;
  const float *bias;
  const float *scale;
  const float *shift;
  /// Channels to write: blocks * lanes, or fewer where the last block of a row-major result ends early.
  long channels;
  /// Weights that will be needed next, fetched meanwhile; or NULL.
  const float *next;
  long next_floats;
};

/// A strip of pixels times `blocks` (1 or 2) blocks of output channels. Pixel p reads from src + offsets[p],
/// or src + p * stride where offsets is NULL. Every result is one chain of multiply-adds in order, however
/// the strip is cut.
typedef void (*aviary_pixel_strip_fn)(
    const struct aviary_pixel_tile *tile, const float *src, const long *offsets, long stride, long pixels,
    long blocks, const float *weights, const struct aviary_pixel_target *to);

// Winograd's F(m x m, 3 x 3), m = 2 or 4, on blocked layout: pixels of `lanes` channels. Tiles are
// (m + 2) x (m + 2) inputs and m x m outputs; a row of them begins at (y, x) and goes on in steps of m.
// Transformed tiles lie in (m + 2)^2 planes, `plane` floats apart, `lanes` floats each.

/// Transforms `tiles` input tiles of one block of channels; pixels outside height x width are 0.
typedef void (*aviary_winograd_input_fn)(
    long m, const float *src, long height, long width, long y, long x, long tiles, float *dst, long plane);

/// Transforms sums back and writes what lies within height x width of one block of results. `to` has the
/// addresses of the whole plane.
typedef void (*aviary_winograd_output_fn)(
    long m, const float *src, long plane, long height, long width, long y, long x, long tiles,
    const struct aviary_pixel_target *to, float low, float high);

/// Transforms the 3 x 3 weights of one input channel and `count` <= lanes output channels, `row` floats
/// apart; the missing channels become 0.
typedef void (*aviary_winograd_weights_fn)(
    long m, const float *src, long row, long count, float *dst, long plane);

/// A row of a depthwise convolution on one block of channels: pixel p is the sum over taps of
/// src[p * stride + steps[t]] * weights[t], `lanes` channels at once, finished as `to` says.
typedef void (*aviary_depthwise_fn)(
    const float *src, const long *steps, long taps, long stride, long pixels, const float *weights,
    const struct aviary_pixel_target *to, float low, float high);

/// The same with the maximum (NaN wins) or `scale` times the sum of the taps; taps >= 1.
typedef void (*aviary_pool_max_fn)(
    const float *src, const long *steps, long taps, long stride, long pixels, float *dst);
typedef void (*aviary_pool_sum_fn)(
    const float *src, const long *steps, long taps, long stride, long pixels, float scale, float *dst);

/// dst = scale times the sum of `pixels` neighbouring pixels.
typedef void (*aviary_pixel_mean_fn)(const float *src, long pixels, float scale, float *dst);

/// dst[i * width + j] = src[i * width + j] * factors[i], 0 <= i < rows, 0 <= j < width, a multiple of `lanes`.
typedef void (*aviary_scale_rows_fn)(
    float *dst, const float *src, const float *factors, long rows, long width);

/// One block of channels from any strides (channel c of pixel p at src[c * row + p * pixel]) into blocked
/// layout; the channels from `channels` to `lanes` become 0.
typedef void (*aviary_block_fn)(
    float *dst, const float *src, long row, long pixel, long channels, long pixels);
/// And back.
typedef void (*aviary_unblock_fn)(
    float *dst, long row, long pixel, const float *src, long channels, long pixels);

/// dst = activation(dst), then * scale + shift where these are given (`lanes` floats each).
typedef void (*aviary_pixel_finish_fn)(
    float *dst, long pixels, int activation, const float *parameters, const float *scale,
    const float *shift);
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

/// The largest of src[i], 0 <= i < n; minus infinity where n is 0. A NaN may be passed over.
typedef float (*aviary_max_fn)(const float *src, long n);

/// dst[j * dst_row + i] = src[i * src_row + j], 0 <= i < rows, 0 <= j < cols; cells of 4 bytes, of any type.
typedef void (*aviary_transpose_fn)(
    float *dst, long dst_row, const float *src, long src_row, long rows, long cols);

/// y[i * y_row + j] = the dot product of row i of X and row j of W, both of k neighbouring floats: `rows` rows
/// of W, read once where `inputs` is small, times `inputs` rows of X.
typedef void (*aviary_dense_rows_fn)(
    const float *w, long w_row, long rows, const float *x, long x_row, long inputs, long k, float *y,
    long y_row);

/// The products of a recurrent layer: for `blocks` blocks of LANES units with `gates` (1 to 4) gates each,
/// y[r * y_row + g * gate_step + u] = init[r * init_row + g * gate_step + u] + sum over i < k of
/// x[offsets[r] + i] * weight of unit u in gate g. Weights lie as [block][k][gate][lane]. Every result is one
/// chain of multiply-adds in order, however rows are cut.
struct aviary_gate_product {
  const float *weights;
  long blocks;
  long gates;
  long k;
  const float *x;
  const long *offsets;
  long rows;
  /// Floats between rows of `init`, 0 where all rows share one.
  const float *init;
  long init_row;
  float *y;
  long y_row;
  long gate_step;
};
typedef void (*aviary_gate_product_fn)(const struct aviary_gate_product *product);

/// One step of `n` LSTM units, a multiple of `lanes`: the gates i, o, f, c lie `step` floats apart in `s`.
/// c = sigmoid(f) c + sigmoid(i) tanh(c~); h = sigmoid(o) tanh(c).
typedef void (*aviary_lstm_cell_fn)(const float *s, long step, float *c, float *h, long n);

/// GRU where the reset gate comes before the product: z = sigmoid(g0 + s0), rh = sigmoid(g1 + s1) h; later
/// y = (1 - z) tanh(candidate + s) + z h.
typedef void (*aviary_gru_gates_fn)(
    const float *g, const float *s, long step, const float *h, float *z, float *rh, long n);
typedef void (*aviary_gru_state_fn)(
    const float *candidate, const float *s, const float *z, const float *h, float *y, long n);
/// GRU where it comes after: y = (1 - z) tanh(g2 + sigmoid(g1 + s1) s2) + z h.
typedef void (*aviary_gru_cell_fn)(const float *g, const float *s, long step, const float *h, float *y, long n);

/// Pixels (or rows of a matrix) times a panel of 2 * LANES channels, in 16-bit integers with 32-bit sums, which
/// wrap: dst[p * 2 * LANES + c] = sum over s < count, i < 2 * pairs of
/// src[offsets[p] + steps[s] + i] * weight, the weights lying as [s][pair][channel][2].
struct aviary_short_strip {
  const short *src;
  const long *offsets;
  long pixels;
  const long *steps;
  long count;
  long pairs;
};
typedef void (*aviary_short_strip_fn)(const struct aviary_short_strip *strip, const short *weights, int *dst);

/// Sums to bytes: dst[c * dst_row + p * dst_pixel] = saturate(round((sum + bias[c]) * scale[c]) + zero), halves to
/// even; `bias` and `scale` have 2 * LANES entries, of which `channels` are written.
typedef void (*aviary_short_finish_fn)(
    const int *sums, long pixels, long channels, const int *bias, const float *scale, int zero, int is_signed,
    unsigned char *dst, long dst_row, long dst_pixel);

/// dst[i * step] = src[i * stride] - zero, 0 <= i < count.
typedef void (*aviary_short_spread_fn)(
    short *dst, long step, const unsigned char *src, long stride, long count, int is_signed, int zero);

/// dst[i * step + c] = src[c * row + i] - zero, 0 <= c < channels, 0 <= i < count.
typedef void (*aviary_short_block_fn)(
    short *dst, long step, const unsigned char *src, long row, long channels, long count, int is_signed, int zero);

/// sums[i] = sum over taps of weights[t] * src[offsets[t] + i * stride], 0 <= i < n.
typedef void (*aviary_short_taps_fn)(
    const short *src, const long *offsets, const short *weights, long taps, long stride, int *sums, long n);

/// A row of sums of one channel to bytes, as `aviary_short_finish_fn`.
typedef void (*aviary_short_finish_row_fn)(
    const int *sums, long n, int bias, float scale, int zero, int is_signed, unsigned char *dst);

/// The sum of a row; NaN where any element is.
typedef float (*aviary_sum_row_fn)(const float *src, long n);
/// dst[i] += src[i].
typedef void (*aviary_add_row_fn)(float *dst, const float *src, long n);
/// The greatest or least of `most` and a row; NaN where any element is.
typedef float (*aviary_extreme_row_fn)(const float *src, long n, float most, int greatest);
/// dst[i] = the greater or lesser of dst[i] and src[i]; NaN where either is.
typedef void (*aviary_join_extreme_fn)(float *dst, const float *src, long n, int greatest);

/// The softmax of `rows` rows of n neighbouring floats each, n >= 1. dst may be src.
typedef void (*aviary_softmax_rows_fn)(float *dst, const float *src, long rows, long n);

/// dst[i] = sum over t < taps of weights[i * taps + t] * src[indices[i * taps + t]], 0 <= i < n.
typedef void (*aviary_resample_line_fn)(
    float *dst, const float *src, const int *indices, const float *weights, long taps, long n);

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
  aviary_pixel_strip_fn pixel_strip;
  aviary_winograd_input_fn winograd_input;
  aviary_winograd_output_fn winograd_output;
  aviary_winograd_weights_fn winograd_weights;
  aviary_depthwise_fn depthwise;
  aviary_pool_max_fn pool_max;
  aviary_pool_sum_fn pool_sum;
  aviary_pixel_mean_fn pixel_mean;
  aviary_scale_rows_fn scale_rows;
  aviary_block_fn block;
  aviary_unblock_fn unblock;
  aviary_pixel_finish_fn pixel_finish;
  aviary_dense_rows_fn dense_rows;
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
  aviary_max_fn row_max;
  aviary_transpose_fn transpose;
  aviary_gate_product_fn gate_product;
  aviary_lstm_cell_fn lstm_cell;
  aviary_gru_gates_fn gru_gates;
  aviary_gru_state_fn gru_state;
  aviary_gru_cell_fn gru_cell;
  aviary_short_strip_fn short_strip;
  aviary_short_finish_fn short_finish;
  aviary_short_spread_fn short_spread;
  aviary_short_taps_fn short_taps;
  aviary_short_finish_row_fn short_finish_row;
  aviary_short_block_fn short_block;
  aviary_sum_row_fn sum_row;
  aviary_add_row_fn add_row;
  aviary_extreme_row_fn extreme_row;
  aviary_join_extreme_fn join_extreme;
  aviary_softmax_rows_fn softmax_rows;
  aviary_resample_line_fn resample_line;
};

/// The kernels in use: the widest set this processor has, or the one that the environment variable AVIARY_ISA
/// names (avx512, avx2, portable) where the processor has it. Chosen at the first call.
const struct aviary_kernels *aviary_kernels(void);

/// The set with that name, or NULL where this processor lacks it (or it was not built for its architecture).
const struct aviary_kernels *aviary_kernels_named(const char *name);

// Row functions of the set in use. Errors against the exact value, any instruction set, all finite inputs:
//   exp      2 ulp, overflow gives infinity, denormal results are kept
//   tanh     4e-7 relative
//   erf      5e-7 relative
//   sigmoid  4e-7 relative, 1.7e-38 absolute
//   silu     5e-7 relative, 1.5e-36 absolute
//   gelu     1e-6 relative for x >= -1, 2.5e-7 times |x| absolute below
//   gelu_tanh  1e-6 relative for x >= -3, 2e-7 absolute below
// NaN gives NaN, infinities their limits.
void aviary_exp_f32(float *dst, const float *src, long n);
void aviary_tanh_f32(float *dst, const float *src, long n);
void aviary_erf_f32(float *dst, const float *src, long n);
void aviary_sigmoid_f32(float *dst, const float *src, long n);
void aviary_silu_f32(float *dst, const float *src, long n);
void aviary_gelu_f32(float *dst, const float *src, long n);
void aviary_gelu_tanh_f32(float *dst, const float *src, long n);

/// Runs `rounds` rounds of independent single-precision multiply-adds on registers alone, with the
/// instructions of the set of that name: the measure that profiles hold kernels against. Returns the
/// floating-point operations that were done, two per multiply-add; 0 where this processor lacks the set.
double aviary_peak_run(const char *name, long rounds);

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
