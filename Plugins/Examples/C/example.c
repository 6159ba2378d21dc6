// An example plugin in C: an operator with two inputs, an attribute and shape inference, a preprocessing step
// with a parameter, and a face detector.
//
//   cc -O2 -std=c11 -fPIC -shared -I <Sources/CAviaryPlugin/include> example.c -lm -o libexample.so
//   aviary plugin check libexample.so

#include "aviary_plugin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- com.example.PairwiseDistance(A: n x d, B: m x d) -> n x m, with `p` 1 or 2 (by default) ----

static int32_t distance_create(
    void *self, int32_t opset, int32_t count, const AviaryAttribute *const *attributes, void **instance,
    const AviaryMessage *message) {
  (void)self, (void)opset;
  int64_t p = 2;
  for (int32_t i = 0; i < count; i++) {
    if (strcmp(attributes[i]->name, "p") == 0) p = attributes[i]->ints[0];
  }
  if (p != 1 && p != 2) return aviary_fail(message, AVIARY_INVALID, "attribute 'p' must be 1 or 2");
  // Small enough for the handle itself: nothing to allocate.
  *instance = (void *)(intptr_t)p;
  return AVIARY_OK;
}

static void nothing_to_release(void *self, void *instance) { (void)self, (void)instance; }

static int32_t distance_infer(
    void *self, void *instance, int32_t input_count, const AviaryValueInfo *const *inputs,
    int32_t output_count, AviaryOutputInfo *const *outputs, const AviaryMessage *message) {
  (void)self, (void)instance, (void)input_count, (void)output_count;
  const AviaryValueInfo *a = inputs[0], *b = inputs[1];
  for (int i = 0; i < 2; i++) {
    if (inputs[i]->element_type != 0 && inputs[i]->element_type != 1) {
      return aviary_fail(message, AVIARY_UNSUPPORTED, "takes float tensors only");
    }
    if (inputs[i]->rank != -1 && inputs[i]->rank != 2) {
      return aviary_fail(message, AVIARY_INVALID, "takes matrices only");
    }
  }
  if (a->rank == 2 && b->rank == 2 && a->dims[1] >= 0 && b->dims[1] >= 0 && a->dims[1] != b->dims[1]) {
    return aviary_fail(message, AVIARY_INVALID, "the rows of both matrices must have the same length");
  }
  outputs[0]->element_type = 1;
  outputs[0]->rank = 2;
  // Unknown extents (negative) are passed on, so that equal ones stay known to be equal.
  outputs[0]->dims[0] = a->rank == 2 ? a->dims[0] : -1;
  outputs[0]->dims[1] = b->rank == 2 ? b->dims[0] : -1;
  return AVIARY_OK;
}

typedef struct {
  const float *a, *b;
  float *y;
  int64_t m, d, p;
} Distances;

static void distance_rows(void *argument, int64_t begin, int64_t end) {
  const Distances *work = argument;
  for (int64_t i = begin; i < end; i++) {
    for (int64_t j = 0; j < work->m; j++) {
      double sum = 0;
      for (int64_t k = 0; k < work->d; k++) {
        double difference = (double)work->a[i * work->d + k] - (double)work->b[j * work->d + k];
        sum += work->p == 1 ? fabs(difference) : difference * difference;
      }
      work->y[i * work->m + j] = (float)(work->p == 1 ? sum : sqrt(sum));
    }
  }
}

static int32_t distance_run(
    void *self, void *instance, const AviaryRun *run, const AviaryMessage *message) {
  (void)self;
  // The host has asked `infer` about these inputs: they are float matrices of the same width.
  const AviaryTensor *a = run->inputs[0], *b = run->inputs[1];
  int64_t dims[2] = {a->dims[0], b->dims[0]};
  float *y = run->make_output(run->host, 0, 1, 2, dims);
  if (!y) return aviary_fail(message, AVIARY_RESOURCE, "no memory for the distances");
  Distances work = {a->data, b->data, y, b->dims[0], a->dims[1], (intptr_t)instance};
  run->parallel(run->host, a->dims[0], 16, distance_rows, &work);
  return AVIARY_OK;
}

static const AviaryAttributeSpec distance_p = {
    AVIARY_INIT(AviaryAttributeSpec), .name = "p", .kind = AVIARY_INT};
static const AviaryAttributeSpec *const distance_attributes[] = {&distance_p};

static const AviaryOperator distance = {
    AVIARY_INIT(AviaryOperator),
    .domain = "com.example",
    .name = "PairwiseDistance",
    .first_opset = 1,
    .last_opset = 1,
    .min_inputs = 2,
    .max_inputs = 2,
    .output_count = 1,
    .attributes = distance_attributes,
    .attribute_count = 1,
    .create = distance_create,
    .destroy = nothing_to_release,
    .infer = distance_infer,
    .run = distance_run,
};

// ---- The step `example-threshold`: samples of at least `level` become 255, others 0 ----

static int32_t threshold_create(
    void *self, int32_t count, const AviaryAttribute *const *parameters, void **instance,
    const AviaryMessage *message) {
  (void)self;
  double level = 128;
  for (int32_t i = 0; i < count; i++) {
    if (strcmp(parameters[i]->name, "level") != 0) {
      return aviary_fail(message, AVIARY_INVALID, "the only parameter is 'level'");
    }
    if (parameters[i]->kind != AVIARY_NUMBER) {
      return aviary_fail(message, AVIARY_INVALID, "'level' must be a number");
    }
    level = parameters[i]->numbers[0];
  }
  if (!(level >= 0 && level <= 255)) return aviary_fail(message, AVIARY_INVALID, "'level' must be 0 to 255");
  double *kept = malloc(sizeof *kept);
  if (!kept) return aviary_fail(message, AVIARY_RESOURCE, "no memory");
  *kept = level;
  *instance = kept;
  return AVIARY_OK;
}

static void threshold_destroy(void *self, void *instance) {
  (void)self;
  free(instance);
}

static int32_t threshold_apply(
    void *self, void *instance, const AviaryImage *image, const AviaryImageSink *result,
    const AviaryMessage *message) {
  (void)self;
  uint8_t *samples = result->make(result->host, image->width, image->height, image->channels);
  if (!samples) return aviary_fail(message, AVIARY_RESOURCE, "no memory for the picture");
  size_t count = (size_t)image->width * (size_t)image->height * (size_t)image->channels;
  for (size_t i = 0; i < count; i++) samples[i] = image->samples[i] >= *(double *)instance ? 255 : 0;
  return AVIARY_OK;
}

static const AviaryStep threshold = {
    AVIARY_INIT(AviaryStep),
    .name = "example-threshold",
    .summary = "black and white; parameter level: 0 to 255, by default 128",
    .create = threshold_create,
    .destroy = threshold_destroy,
    .apply = threshold_apply,
};

// ---- The detector `example-center`: one face in the middle, a given share of the sides ----

static int32_t center_open(void *self, const char *argument, void **instance, const AviaryMessage *message) {
  (void)self;
  char *end = NULL;
  double share = argument ? strtod(argument, &end) : 0.5;
  if ((argument && (end == argument || *end)) || !(share > 0 && share <= 1)) {
    return aviary_fail(message, AVIARY_INVALID, "the argument is the share of the sides, above 0 to 1");
  }
  double *kept = malloc(sizeof *kept);
  if (!kept) return aviary_fail(message, AVIARY_RESOURCE, "no memory");
  *kept = share;
  *instance = kept;
  return AVIARY_OK;
}

static int32_t center_detect(
    void *self, void *instance, const AviaryImage *image, const AviaryFaceSink *faces,
    const AviaryMessage *message) {
  (void)self, (void)message;
  float share = (float)*(double *)instance;
  float middle[2] = {(float)image->width / 2, (float)image->height / 2};
  AviaryFace face = {
      AVIARY_INIT(AviaryFace),
      .x = middle[0] * (1 - share),
      .y = middle[1] * (1 - share),
      .width = (float)image->width * share,
      .height = (float)image->height * share,
      .score = 1,
      .landmark_count = 1,
      .landmarks = middle,
  };
  return faces->add(faces->host, &face);
}

static const AviaryDetector center = {
    AVIARY_INIT(AviaryDetector),
    .name = "example-center",
    .summary = "the middle of the picture; argument: the share of its sides, by default 0.5",
    .open = center_open,
    .close = threshold_destroy,
    .detect = center_detect,
};

// ---- The plugin ----

static const AviaryOperator *const operators[] = {&distance};
static const AviaryStep *const steps[] = {&threshold};
static const AviaryDetector *const detectors[] = {&center};

static const AviaryPlugin plugin = {
    AVIARY_INIT(AviaryPlugin),
    .id = "example-c",
    .version = "1.0.0",
    .summary = "distances, a threshold and a detector in C",
    .operators = operators,
    .operator_count = 1,
    .steps = steps,
    .step_count = 1,
    .detectors = detectors,
    .detector_count = 1,
};

const AviaryPlugin *aviary_plugin_entry(uint32_t host_abi) { return host_abi == AVIARY_ABI ? &plugin : NULL; }
