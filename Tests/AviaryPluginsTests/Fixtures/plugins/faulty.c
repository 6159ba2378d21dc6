// A plugin with every fault that tests want to see refused. Macros choose what it declares, the attribute
// `fault` what its operator does, parameters, arguments and paths what the others do.

#include "aviary_plugin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifndef ABI
#define ABI AVIARY_ABI
#endif
#ifndef SIZE
#define SIZE sizeof(AviaryPlugin)
#endif
#ifndef ID
#define ID "faulty"
#endif
#ifndef OPERATOR_NAME
#define OPERATOR_NAME "Faulty"
#endif
#ifndef OPERATOR_DOMAIN
#define OPERATOR_DOMAIN "test.faulty"
#endif
#ifndef OPERATOR_SIZE
#define OPERATOR_SIZE sizeof(AviaryOperator)
#endif
#ifndef OPERATOR_ABI
#define OPERATOR_ABI AVIARY_ABI
#endif
#ifndef OPERATOR_COUNT
#define OPERATOR_COUNT 1
#endif
#ifndef OPERATOR_RUN
#define OPERATOR_RUN run
#endif
#ifndef OPERATOR_INFER
#define OPERATOR_INFER infer
#endif
#ifndef FIRST_OPSET
#define FIRST_OPSET 1
#endif
#ifndef INPUTS
#define INPUTS 1
#endif
#ifndef OUTPUTS
#define OUTPUTS 2
#endif
#ifndef ATTRIBUTE_KIND
#define ATTRIBUTE_KIND AVIARY_STRING
#endif
#ifndef STEP_NAME
#define STEP_NAME "faulty-step"
#endif
#ifndef STEP_SUMMARY
#define STEP_SUMMARY "does what it should not"
#endif
#ifndef DATASET_NAME
#define DATASET_NAME "faulty-data"
#endif
#ifndef DATASET_IMAGE
#define DATASET_IMAGE dataset_image
#endif
#ifndef DETECT
#define DETECT detect
#endif

static char endless[3 * AVIARY_MAX_TEXT];
static const char *endless_text(void) {
  memset(endless, 'x', sizeof endless - 1);
  return endless;
}

#define IS(text) (strcmp(fault, text) == 0)

static int32_t create(
    void *self, int32_t opset, int32_t count, const AviaryAttribute *const *attributes, void **instance,
    const AviaryMessage *message) {
  (void)self, (void)opset;
  const char *fault = count > 0 ? attributes[0]->strings[0] : "";
  if (IS("create refuses")) return aviary_fail(message, AVIARY_INVALID, "not today");
  if (IS("create is unsupported")) return aviary_fail(message, AVIARY_UNSUPPORTED, "not here");
  if (IS("create status")) return 77;
  if (IS("create says nothing")) return AVIARY_INVALID;
  *instance = strdup(fault);
  return AVIARY_OK;
}

static void destroy(void *self, void *instance) {
  (void)self;
  free(instance);
}

static int32_t infer(
    void *self, void *instance, int32_t input_count, const AviaryValueInfo *const *inputs,
    int32_t output_count, AviaryOutputInfo *const *outputs, const AviaryMessage *message) {
  (void)self, (void)input_count, (void)output_count;
  const char *fault = instance;
  AviaryOutputInfo *output = outputs[0];
  output->element_type = 1;
  output->rank = inputs[0]->rank;
  for (int32_t i = 0; i < inputs[0]->rank; i++) output->dims[i] = inputs[0]->dims[i];
  if (IS("infer refuses")) return aviary_fail(message, AVIARY_INVALID, "bad shape");
  if (IS("infer status")) return -1;
  if (IS("infer rank")) output->rank = 65;
  if (IS("infer negative rank")) output->rank = -2;
  if (IS("infer rank overflow")) output->rank = INT32_MAX;
  if (IS("infer type")) output->element_type = 99;
  if (IS("infer string")) output->element_type = 8;
  if (IS("infer null dims")) output->dims = NULL;
  if (IS("infer symbol")) output->dims[0] = -100;
  if (IS("infer least")) output->dims[0] = INT64_MIN;
  if (IS("infer huge")) output->dims[0] = INT64_MAX;
  if (IS("infer product")) output->dims[0] = output->dims[1] = INT64_C(1) << 40;
  if (IS("infer message garbage")) {
    memset(message->text, 0xFF, message->capacity);
    return AVIARY_INVALID;
  }
  if (IS("infer message lines")) {
    return aviary_fail(message, AVIARY_INVALID, "one\n\n  two\x1b[31m\r\xFF\xFE\xFDthree");
  }
  if (IS("infer message overrun")) {
    memset(message->text, 'x', message->capacity + 4);
    return AVIARY_INVALID;
  }
  return AVIARY_OK;
}

// For OPERATOR_INFER.
__attribute__((unused)) static int32_t infer_exits(
    void *self, void *instance, int32_t input_count, const AviaryValueInfo *const *inputs,
    int32_t output_count, AviaryOutputInfo *const *outputs, const AviaryMessage *message) {
  (void)self, (void)instance, (void)input_count, (void)inputs, (void)output_count, (void)outputs, (void)message;
  exit(0);
}

static void unwanted(void *argument, int64_t begin, int64_t end) {
  (void)argument, (void)begin, (void)end;
  abort();
}

static int32_t run(void *self, void *instance, const AviaryRun *run, const AviaryMessage *message) {
  (void)self;
  const char *fault = instance;
  const AviaryTensor *x = run->inputs[0];
  int64_t dims[4] = {x->dims[0], x->dims[1], 1, 1};
  int32_t type = 1, rank = 2, output = 0;
  if (IS("run refuses")) return aviary_fail(message, AVIARY_INVALID, "bad value");
  if (IS("run is out of memory")) return aviary_fail(message, AVIARY_RESOURCE, "no memory");
  if (IS("run status")) return 4242;
  if (IS("run makes nothing")) return AVIARY_OK;
  if (IS("run crashes")) *(volatile int *)NULL = 1;
  if (IS("run hangs")) for (;;) (void)*(volatile char *)fault;
  if (IS("run exits")) exit(0);
  if (IS("run makes more outputs")) output = 2;
  if (IS("run makes a negative output")) output = -1;
  if (IS("run makes another type")) type = 7;
  if (IS("run makes no type")) type = 12345;
  if (IS("run makes strings")) type = 8;
  if (IS("run makes another shape")) dims[0] += 1;
  if (IS("run makes another rank")) rank = 3;
  if (IS("run makes 65 axes")) rank = 65;
  if (IS("run makes a negative rank")) rank = -1;
  if (IS("run makes a negative extent")) dims[0] = -1;
  if (IS("run makes the least extent")) dims[0] = INT64_MIN;
  if (IS("run makes too much")) dims[0] = INT64_MAX;
  if (IS("run scratch") && !run->scratch(run->host, (size_t)-1)) return AVIARY_OK;
  if (IS("run scratch is large") && !run->scratch(run->host, (size_t)1 << 60)) return AVIARY_OK;
  if (IS("run parallel")) run->parallel(run->host, 10, 1, NULL, NULL);
  if (IS("run parallel forever")) run->parallel(run->host, INT64_MAX, 1, unwanted, NULL);
  float *y = run->make_output(run->host, output, type, rank, IS("run makes null extents") ? NULL : dims);
  // Says that all is well whatever the host has said.
  if (!y) return AVIARY_OK;
  if (IS("run makes it twice")) run->make_output(run->host, 0, type, rank, dims);
  static float counter;
  for (size_t i = 0; i < x->byte_count / sizeof(float); i++) {
    y[i] = 2 * ((const float *)x->data)[i] + (IS("run is random") ? counter++ : 0);
  }
  return AVIARY_OK;
}

// For OPERATOR_RUN.
__attribute__((unused)) static int32_t run_crashes(
    void *self, void *instance, const AviaryRun *run, const AviaryMessage *message) {
  (void)self, (void)instance, (void)run, (void)message;
  abort();
}

static const AviaryAttributeSpec spec = {
    AVIARY_INIT(AviaryAttributeSpec), .name = "fault", .kind = ATTRIBUTE_KIND};
static const AviaryAttributeSpec *const specs[] = {&spec};

static AviaryOperator faulty = {
    .size = OPERATOR_SIZE, .abi = OPERATOR_ABI, .domain = OPERATOR_DOMAIN, .name = NULL,
    .first_opset = FIRST_OPSET, .last_opset = 1, .min_inputs = INPUTS, .max_inputs = INPUTS,
    .output_count = OUTPUTS,
    .attributes = specs, .attribute_count = 1, .create = create, .destroy = destroy, .infer = OPERATOR_INFER,
    .run = OPERATOR_RUN,
};

// ---- The step: the parameter `fault` chooses ----

static int32_t step_create(
    void *self, int32_t count, const AviaryAttribute *const *parameters, void **instance,
    const AviaryMessage *message) {
  (void)self, (void)message;
  *instance = strdup(count > 0 && parameters[0]->kind == AVIARY_STRING ? parameters[0]->strings[0] : "");
  return AVIARY_OK;
}

static int32_t step_apply(
    void *self, void *instance, const AviaryImage *image, const AviaryImageSink *result,
    const AviaryMessage *message) {
  (void)self;
  const char *fault = instance;
  int32_t width = image->width, height = image->height, channels = image->channels;
  if (IS("refuses")) return aviary_fail(message, AVIARY_INVALID, "no such picture");
  if (IS("makes nothing")) return AVIARY_OK;
  if (IS("negative")) width = -1;
  if (IS("channels")) channels = 4;
  if (IS("huge")) width = height = INT32_MAX;
  uint8_t *samples = result->make(result->host, width, height, channels);
  if (!samples) return AVIARY_OK;
  if (IS("twice")) result->make(result->host, width, height, channels);
  memcpy(samples, image->samples, (size_t)width * (size_t)height * (size_t)channels);
  return AVIARY_OK;
}

static AviaryStep step = {
    AVIARY_INIT(AviaryStep), .name = NULL, .summary = NULL, .create = step_create, .destroy = destroy,
    .apply = step_apply,
};

// ---- The detector: the argument chooses ----

static int32_t detector_open(
    void *self, const char *argument, void **instance, const AviaryMessage *message) {
  (void)self;
  const char *fault = argument ? argument : "";
  if (IS("refuses")) return aviary_fail(message, AVIARY_INVALID, "no weights there");
  *instance = strdup(fault);
  return AVIARY_OK;
}

static int32_t detect(
    void *self, void *instance, const AviaryImage *image, const AviaryFaceSink *faces,
    const AviaryMessage *message) {
  (void)self, (void)image, (void)message;
  const char *fault = instance;
  float points[] = {1, 2, NAN, 4};
  AviaryFace face = {
      AVIARY_INIT(AviaryFace), .x = 1, .y = 1, .width = 2, .height = 2, .score = 0.5f, .landmark_count = 1,
      .landmarks = points};
  if (IS("nan box")) face.x = NAN;
  if (IS("infinite box")) face.width = INFINITY;
  if (IS("empty box")) face.height = 0;
  if (IS("far away")) face.x = 1e30f;
  if (IS("score")) face.score = 1.5f;
  if (IS("nan score")) face.score = NAN;
  if (IS("nan landmark")) face.landmark_count = 2;
  if (IS("negative landmarks")) face.landmark_count = -1;
  if (IS("many landmarks")) face.landmark_count = INT32_MAX;
  if (IS("null landmarks")) face.landmarks = NULL;
  if (IS("small face")) face.size = 8;
  if (IS("null face")) return faces->add(faces->host, NULL), AVIARY_OK;
  if (IS("endless faces")) {
    while (faces->add(faces->host, &face) == AVIARY_OK) {}
    return AVIARY_OK;
  }
  faces->add(faces->host, &face);
  return AVIARY_OK;
}

static const AviaryDetector detector = {
    AVIARY_INIT(AviaryDetector), .name = "faulty-detector", .summary = "finds what is not there",
    .open = detector_open, .close = destroy, .detect = DETECT,
};

// ---- The data set: the path chooses ----

static int32_t dataset_open(void *self, const char *path, void **instance, const AviaryMessage *message) {
  (void)self;
  if (strcmp(path, "refuses") == 0) return aviary_fail(message, AVIARY_INVALID, "no such data");
  *instance = strdup(path);
  return AVIARY_OK;
}

static int32_t class_count(void *self, void *fault) {
  (void)self;
  return IS("negative classes") ? -1 : IS("many classes") ? INT32_MAX : 2;
}

static const char *class_name(void *self, void *fault, int32_t index) {
  (void)self;
  if (IS("null class")) return NULL;
  if (IS("class is not utf8")) return "\xFF\xFE";
  if (IS("endless class")) return endless_text();
  if (IS("empty class")) return "";
  if (IS("equal classes")) return "same";
  return index == 0 ? "one" : "two";
}

static int32_t split_count(void *self, void *fault) {
  (void)self;
  return IS("no splits") ? 0 : 1;
}

static const char *split_name(void *self, void *fault, int32_t index) {
  (void)self, (void)index;
  return IS("null split") ? NULL : "test";
}

static int64_t sample_count(void *self, void *fault, int32_t split) {
  (void)self, (void)split;
  return IS("negative samples") ? -5 : IS("many samples") ? INT64_MAX : 3;
}

static int32_t dataset_sample(
    void *self, void *fault, int32_t split, int64_t index, AviarySample *sample,
    const AviaryMessage *message) {
  (void)self, (void)split;
  sample->id = IS("null id") ? NULL : IS("id is not utf8") ? "\xC3" : "sample";
  sample->label = IS("negative label") ? -1 : IS("large label") ? 2 : 0;
  if (IS("second sample refuses") && index == 1) return aviary_fail(message, AVIARY_INVALID, "no label");
  if (IS("sample status")) return 9;
  return AVIARY_OK;
}

static int32_t dataset_image(
    void *self, void *fault, int32_t split, int64_t index, const AviaryImageSink *result,
    const AviaryMessage *message) {
  (void)self, (void)split, (void)index;
  if (IS("image refuses")) return aviary_fail(message, AVIARY_INVALID, "is damaged");
  if (IS("no image")) return AVIARY_OK;
  result->make(result->host, IS("negative image") ? -4 : 4, 4, 1);
  return AVIARY_OK;
}

static const AviaryDataset dataset = {
    AVIARY_INIT(AviaryDataset), .kind = DATASET_NAME, .summary = "says what is not so", .open = dataset_open,
    .close = destroy, .class_count = class_count, .class_name = class_name, .split_count = split_count,
    .split_name = split_name, .sample_count = sample_count, .sample = dataset_sample, .image = DATASET_IMAGE,
};

// ---- The plugin ----

#ifdef NULL_OPERATOR
static const AviaryOperator *const operators[] = {NULL};
#elif defined(TWO_OPERATORS)
static const AviaryOperator *const operators[] = {&faulty, &faulty};
#else
static const AviaryOperator *const operators[] = {&faulty};
#endif
static const AviaryStep *const steps[] = {&step};
static const AviaryDetector *const detectors[] = {&detector};
static const AviaryDataset *const datasets[] = {&dataset};

static AviaryPlugin plugin = {
    .size = SIZE, .abi = ABI, .version = "1.0.0", .summary = "everything wrong",
    .operators = operators, .operator_count = OPERATOR_COUNT, .steps = steps, .step_count = 1,
    .detectors = detectors, .detector_count = 1, .datasets = datasets, .dataset_count = 1,
};

#ifdef CONSTRUCTOR
__attribute__((constructor)) static void constructor(void) { CONSTRUCTOR; }
#endif

#ifndef NO_ENTRY
const AviaryPlugin *aviary_plugin_entry(uint32_t host_abi) {
  (void)host_abi;
  plugin.id = ID;
  faulty.name = OPERATOR_NAME;
  step.name = STEP_NAME;
  step.summary = STEP_SUMMARY;
#ifdef CRASH
  abort();
#endif
#ifdef NULL_TABLE
  return NULL;
#elif defined(NULL_OPERATORS)
  plugin.operators = NULL;
#elif defined(GARBAGE_TABLE)
  return (const AviaryPlugin *)(uintptr_t)64;
#elif defined(MISALIGNED)
  return (const AviaryPlugin *)((const char *)&plugin + 1);
#endif
  return &plugin;
}
#endif
