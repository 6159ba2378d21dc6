// 128-bit vectors, which every 64-bit processor has.
#define LANES 4
#define TILE_ROWS 4
#define SET_NAME "portable"
#define SET aviary_kernels_portable
#define SET_BF16 aviary_bf16_portable
#include "kernels.inc.h"
