#ifndef AVIARY_HAAR_SCAN_H
#define AVIARY_HAAR_SCAN_H

#include <stdint.h>

// A row of windows judged by a cascade of Haar features. All offsets are in entries of the tables of sums and count
// from the window's upper left corner; whoever fills these structures has checked that they lie in the window and
// that trees lead forward.

// The corners of a rectangle: its sum is a - b - c + d.
typedef struct {
  int32_t a, b, c, d;
} haar_corners;

// A question about a feature, a weighted sum of up to three rectangles (the third has weight 0 where there are two).
typedef struct {
  haar_corners part[3];
  float weight[3];
  float threshold;
  // Where the next node is not positive, its value is the answer; else the node of the tree asked next, which comes
  // later than this one.
  int32_t left_node, right_node;
  float left, right;
  int32_t is_tilted;
} haar_node;

typedef struct {
  int32_t first_node, node_count;
} haar_tree;

typedef struct {
  float threshold;
  int32_t first_tree, tree_count;
} haar_stage;

typedef struct {
  const haar_node *nodes;
  const haar_tree *trees;
  const haar_stage *stages;
  int32_t stage_count;
  // Nodes of the largest tree.
  int32_t largest_tree;
  // The window without its rim, whose deviation features are divided by, and its pixels.
  haar_corners inner;
  double area;
} haar_cascade;

// Entries that may be read behind the last one of a table.
enum { haar_slack = 32 };

// Judges `count` windows, `step` (1 or 2) entries from one to the next; the one after a window that the first stage
// rejects is left out, as OpenCV does. `tilted` is only read by tilted features.
//
// Returns how many pass; their numbers, at most `count`, go to `found`.
int32_t haar_scan_row(
  const haar_cascade *cascade, const int32_t *sums, const int32_t *squares, const int32_t *tilted, int32_t count,
  int32_t step, int32_t *found);

// The same by the definition, one window at a time, on any processor.
int32_t haar_scan_row_plain(
  const haar_cascade *cascade, const int32_t *sums, const int32_t *squares, const int32_t *tilted, int32_t count,
  int32_t step, int32_t *found);

#endif
