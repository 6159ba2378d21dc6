// One window at a time; what both scans share.
#ifndef AVIARY_HAAR_JUDGE_H
#define AVIARY_HAAR_JUDGE_H

#include <math.h>

#include "haar_scan.h"

// Larger trees are walked window by window.
enum { haar_vector_nodes = 8 };

// Sums wrap around; the difference is right all the same.
static inline int32_t haar_sum(const haar_corners *corners, const int32_t *window) {
  return (int32_t)((uint32_t)window[corners->a] - (uint32_t)window[corners->b] - (uint32_t)window[corners->c] +
                   (uint32_t)window[corners->d]);
}

// One by the window's deviation times its area; 0 for a flat window, which is no face.
static inline float haar_norm(const haar_cascade *cascade, const int32_t *sums, const int32_t *squares) {
  const double sum = haar_sum(&cascade->inner, sums);
  const double square = (uint32_t)haar_sum(&cascade->inner, squares);
  const double whole = cascade->area * square, mean = sum * sum;
  const double spread = whole - mean;
  if (!(spread > 0)) return 0;
  const float norm = (float)(1 / sqrt(spread));
  return cascade->area * (double)norm < 0.1 ? norm : 0;
}

// The first stage from `stage` on that the window fails; the number of stages where it passes all.
//
// Products and sums are rounded one by one (no fused multiply-add): questions are close calls.
static inline int32_t haar_failed_stage(
  const haar_cascade *cascade, int32_t stage, const int32_t *sums, const int32_t *tilted, float norm) {
  for (; stage < cascade->stage_count; stage++) {
    const haar_stage *current = cascade->stages + stage;
    double total = 0;
    for (int32_t tree = 0; tree < current->tree_count; tree++) {
      const haar_node *root = cascade->nodes + cascade->trees[current->first_tree + tree].first_node;
      const haar_node *node = root;
      for (;;) {
        const int32_t *window = node->is_tilted ? tilted : sums;
        float first = node->weight[0] * (float)haar_sum(&node->part[0], window);
        float second = node->weight[1] * (float)haar_sum(&node->part[1], window);
        float value = first + second;
        if (node->weight[2] != 0) {
          float third = node->weight[2] * (float)haar_sum(&node->part[2], window);
          value = value + third;
        }
        value = value * norm;
        const int32_t next = value < node->threshold ? node->left_node : node->right_node;
        if (next <= 0) {
          total += value < node->threshold ? node->left : node->right;
          break;
        }
        node = root + next;
      }
    }
    if (total < current->threshold) return stage;
  }
  return stage;
}

#endif
