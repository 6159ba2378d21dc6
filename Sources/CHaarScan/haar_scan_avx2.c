// Eight windows side by side: their entries lie side by side too, so nothing is gathered.
#if defined(__x86_64__)

#include <immintrin.h>

#include "haar_judge.h"

#define AVX2 __attribute__((target("avx2")))
#define INLINE static inline __attribute__((always_inline, target("avx2")))

// Entries of eight windows, `step` apart.
INLINE __m256i entries(const int32_t *first, int32_t step) {
  const __m256i low = _mm256_loadu_si256((const __m256i *)first);
  if (step == 1) return low;
  const __m256 high = _mm256_loadu_ps((const float *)(first + 8));
  const __m256 even = _mm256_shuffle_ps(_mm256_castsi256_ps(low), high, 0x88);
  return _mm256_permute4x64_epi64(_mm256_castps_si256(even), 0xD8);
}

INLINE __m256i rectangle(const haar_corners *corners, const int32_t *window, int32_t step) {
  const __m256i upper = _mm256_sub_epi32(entries(window + corners->a, step), entries(window + corners->b, step));
  const __m256i lower = _mm256_sub_epi32(entries(window + corners->c, step), entries(window + corners->d, step));
  return _mm256_sub_epi32(upper, lower);
}

// As haar_norm, for four windows.
INLINE __m128 norms(__m128i sum, __m128i square, double area) {
  const __m256d sums = _mm256_cvtepi32_pd(sum);
  // Sums of squares have no sign.
  const __m128i flipped = _mm_xor_si128(square, _mm_set1_epi32(INT32_MIN));
  const __m256d squares = _mm256_add_pd(_mm256_cvtepi32_pd(flipped), _mm256_set1_pd(2147483648.0));
  const __m256d whole = _mm256_mul_pd(_mm256_set1_pd(area), squares);
  const __m256d spread = _mm256_sub_pd(whole, _mm256_mul_pd(sums, sums));
  const __m256d inverse = _mm256_div_pd(_mm256_set1_pd(1), _mm256_sqrt_pd(spread));
  const __m128 norm = _mm256_cvtpd_ps(inverse);
  const __m256d scaled = _mm256_mul_pd(_mm256_set1_pd(area), _mm256_cvtps_pd(norm));
  const __m256d is_fine = _mm256_and_pd(
    _mm256_cmp_pd(spread, _mm256_setzero_pd(), _CMP_GT_OQ), _mm256_cmp_pd(scaled, _mm256_set1_pd(0.1), _CMP_LT_OQ));
  return _mm256_cvtpd_ps(_mm256_and_pd(is_fine, _mm256_cvtps_pd(norm)));
}

// What a tree answers for eight windows. Nodes lead forward, so the last one is known first.
INLINE __m256 answers(
  const haar_node *nodes, int32_t count, const int32_t *sums, const int32_t *tilted, int32_t step, __m256 norm) {
  __m256 values[haar_vector_nodes];
  for (int32_t index = count - 1; index >= 0; index--) {
    const haar_node *node = nodes + index;
    const int32_t *window = node->is_tilted ? tilted : sums;
    const __m256 first = _mm256_mul_ps(
      _mm256_set1_ps(node->weight[0]), _mm256_cvtepi32_ps(rectangle(&node->part[0], window, step)));
    const __m256 second = _mm256_mul_ps(
      _mm256_set1_ps(node->weight[1]), _mm256_cvtepi32_ps(rectangle(&node->part[1], window, step)));
    __m256 value = _mm256_add_ps(first, second);
    if (node->weight[2] != 0)
      value = _mm256_add_ps(
        value, _mm256_mul_ps(
                 _mm256_set1_ps(node->weight[2]), _mm256_cvtepi32_ps(rectangle(&node->part[2], window, step))));
    const __m256 is_left =
      _mm256_cmp_ps(_mm256_mul_ps(value, norm), _mm256_set1_ps(node->threshold), _CMP_LT_OQ);
    const __m256 left = node->left_node > 0 ? values[node->left_node] : _mm256_set1_ps(node->left);
    const __m256 right = node->right_node > 0 ? values[node->right_node] : _mm256_set1_ps(node->right);
    values[index] = _mm256_blendv_ps(right, left, is_left);
  }
  return values[0];
}

// Which of eight windows pass a stage, a bit each.
INLINE uint32_t passing(
  const haar_cascade *cascade, const haar_stage *stage, const int32_t *sums, const int32_t *tilted, int32_t step,
  __m256 norm) {
  __m256d low = _mm256_setzero_pd(), high = _mm256_setzero_pd();
  for (int32_t tree = 0; tree < stage->tree_count; tree++) {
    const haar_tree *current = cascade->trees + stage->first_tree + tree;
    const __m256 answer =
      answers(cascade->nodes + current->first_node, current->node_count, sums, tilted, step, norm);
    low = _mm256_add_pd(low, _mm256_cvtps_pd(_mm256_castps256_ps128(answer)));
    high = _mm256_add_pd(high, _mm256_cvtps_pd(_mm256_extractf128_ps(answer, 1)));
  }
  const __m256d threshold = _mm256_set1_pd(stage->threshold);
  const int fail_low = _mm256_movemask_pd(_mm256_cmp_pd(low, threshold, _CMP_LT_OQ));
  const int fail_high = _mm256_movemask_pd(_mm256_cmp_pd(high, threshold, _CMP_LT_OQ));
  return ~(uint32_t)(fail_low | fail_high << 4) & 0xFF;
}

INLINE int32_t scan(
  const haar_cascade *cascade, const int32_t *sums, const int32_t *squares, const int32_t *tilted, int32_t count,
  int32_t step, int32_t *found) {
  int32_t faces = 0;
  int skips = 0;
  for (int32_t start = 0; start < count; start += 8) {
    const int32_t x = start * step;
    const __m256i sum = rectangle(&cascade->inner, sums + x, step);
    const __m256i square = rectangle(&cascade->inner, squares + x, step);
    const __m256 norm = _mm256_set_m128(
      norms(_mm256_extracti128_si256(sum, 1), _mm256_extracti128_si256(square, 1), cascade->area),
      norms(_mm256_castsi256_si128(sum), _mm256_castsi256_si128(square), cascade->area));
    const uint32_t flat = (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(norm, _mm256_setzero_ps(), _CMP_EQ_OQ));
    const int32_t left = count - start;
    const uint32_t inside = left >= 8 ? 0xFF : (1u << left) - 1;
    const uint32_t passed = passing(cascade, cascade->stages, sums + x, tilted + x, step, norm);
    // Which windows are looked at at all depends on those before them.
    uint32_t alive = 0;
    for (int32_t lane = 0; lane < 8; lane++) {
      const uint32_t bit = 1u << lane;
      if (skips) {
        skips = 0;
      } else if (!(flat & bit)) {
        if (passed & bit) alive |= bit;
        else skips = 1;
      }
    }
    alive &= inside;
    float lanes[8];
    int32_t stage = 1;
    // Three windows and more are cheaper together, fewer one by one.
    while (stage < cascade->stage_count && __builtin_popcount(alive) >= 1)
      alive &= passing(cascade, cascade->stages + stage++, sums + x, tilted + x, step, norm);
    if (alive == 0) continue;
    _mm256_storeu_ps(lanes, norm);
    for (; alive; alive &= alive - 1) {
      const int32_t lane = __builtin_ctz(alive), place = x + lane * step;
      if (haar_failed_stage(cascade, stage, sums + place, tilted + place, lanes[lane]) == cascade->stage_count)
        found[faces++] = start + lane;
    }
  }
  return faces;
}

AVX2 int32_t haar_scan_row_avx2(
  const haar_cascade *cascade, const int32_t *sums, const int32_t *squares, const int32_t *tilted, int32_t count,
  int32_t step, int32_t *found) {
  // Two copies, each for one step.
  return step == 1 ? scan(cascade, sums, squares, tilted, count, 1, found)
                   : scan(cascade, sums, squares, tilted, count, 2, found);
}

#endif
