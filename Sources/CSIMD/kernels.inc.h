// The kernels of one instruction set. Included once by each isa_*.c, which defines LANES (floats per
// register), TILE_ROWS, SET_NAME, SET and SET_BF16.
#include "sets.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define TILE_COLS (2 * LANES)

#include "math.inc.h"
#include "tile.inc.h"
#include "pack.inc.h"
#include "rows.inc.h"
#include "pixels.inc.h"
#include "bf16.inc.h"
#include "winograd.inc.h"
#include "blocked.inc.h"
#include "norm.inc.h"
#include "dense.inc.h"
#include "transpose.inc.h"
#include "recurrent.inc.h"
#include "strips.inc.h"
#include "shorts.inc.h"

const struct aviary_kernels SET = {
    .name = SET_NAME,
    .lanes = LANES,
    .tile_rows = TILE_ROWS,
    .tile_cols = TILE_COLS,
    .tile = tile,
    .pack_rows = pack_rows,
    .pack_cols = pack_cols,
    .unfold = unfold,
    .fill_plane = fill_plane,
    .taps = taps_row,
    .finish = finish,
    .pixel_strip = pixel_strip,
    .winograd_input = winograd_input,
    .winograd_output = winograd_output,
    .winograd_weights = winograd_weights,
    .depthwise = depthwise,
    .pool_max = pool_max,
    .pool_sum = pool_sum,
    .pixel_mean = pixel_mean,
    .scale_rows = scale_rows,
    .block = block_channels,
    .unblock = unblock_channels,
    .pixel_finish = pixel_finish,
    .dense_rows = dense_rows,
    .exp = row_exp,
    .tanh = row_tanh,
    .erf = row_erf,
    .sigmoid = row_sigmoid,
    .silu = row_silu,
    .gelu = row_gelu,
    .gelu_tanh = row_gelu_tanh,
    .exp_sum = exp_sum,
    .scale_row = scale_row,
    .normalize_row = normalize_row,
    .row_max = max_of_row,
    .transpose = transpose,
    .gate_product = gate_product,
    .lstm_cell = lstm_cell,
    .gru_gates = gru_gates,
    .gru_state = gru_state,
    .gru_cell = gru_cell,
    .short_strip = short_strip,
    .short_finish = short_finish,
    .short_spread = short_spread,
    .short_taps = short_taps,
    .short_finish_row = short_finish_row,
    .short_block = short_block,
    .sum_row = sum_row,
    .add_row = add_row,
    .extreme_row = extreme_row,
    .join_extreme = join_extreme,
    .softmax_rows = softmax_rows,
    .resample_line = resample_line,
};
