#include "haar_scan.h"

#include <math.h>

#include "haar_judge.h"

int32_t haar_scan_row_plain(
  const haar_cascade *cascade, const int32_t *sums, const int32_t *squares, const int32_t *tilted, int32_t count,
  int32_t step, int32_t *found) {
  int32_t faces = 0;
  for (int32_t index = 0; index < count; index++) {
    const int32_t x = index * step;
    const float norm = haar_norm(cascade, sums + x, squares + x);
    if (norm == 0) continue;
    const int32_t stage = haar_failed_stage(cascade, 0, sums + x, tilted + x, norm);
    if (stage == cascade->stage_count) found[faces++] = index;
    if (stage == 0) index++;
  }
  return faces;
}

#if defined(__x86_64__)
int32_t haar_scan_row_avx2(
  const haar_cascade *cascade, const int32_t *sums, const int32_t *squares, const int32_t *tilted, int32_t count,
  int32_t step, int32_t *found);
#endif

int32_t haar_scan_row(
  const haar_cascade *cascade, const int32_t *sums, const int32_t *squares, const int32_t *tilted, int32_t count,
  int32_t step, int32_t *found) {
#if defined(__x86_64__)
  if (cascade->largest_tree <= haar_vector_nodes && (step == 1 || step == 2) && __builtin_cpu_supports("avx2"))
    return haar_scan_row_avx2(cascade, sums, squares, tilted, count, step, found);
#endif
  return haar_scan_row_plain(cascade, sums, squares, tilted, count, step, found);
}
