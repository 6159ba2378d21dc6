// What a plugin of Aviary is written against: a shared library that exports `aviary_plugin_entry`.
//
// Rules that hold for everything below:
// - Every struct begins with its size and the ABI number; AVIARY_INIT(Type) sets both. A reader uses only
//   what lies within that size, so later versions can add members at the end.
// - Text is UTF-8 and ends with a NUL. Names and tables that a plugin hands out stay valid for ever; a plugin
//   is never unloaded. What the host hands out is valid during the call.
// - Functions return AVIARY_OK or another AviaryStatus, and then say why in `message`.
// - The first argument of every function is the `self` of its table. Instances, where there are any, are made
//   and released by the plugin; several threads may use one at the same time.
// - Tensors and pictures are in memory of the host: a plugin asks for it and fills it. It must not write
//   beyond what it asked for, unwind (exceptions, longjmp) through the host, or keep pointers after a call.

#ifndef AVIARY_PLUGIN_H
#define AVIARY_PLUGIN_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AVIARY_ABI 1
#define AVIARY_HEAD uint32_t size; uint32_t abi;
#define AVIARY_INIT(Type) .size = sizeof(Type), .abi = AVIARY_ABI

/// The most axes of a tensor.
#define AVIARY_MAX_RANK 64
/// The longest text that the host reads, in bytes.
#define AVIARY_MAX_TEXT 4096

typedef enum AviaryStatus {
  AVIARY_OK = 0,
  /// Inputs, attributes or files that cannot be.
  AVIARY_INVALID = 1,
  /// Something sensible that this plugin does not do.
  AVIARY_UNSUPPORTED = 2,
  /// Memory or another limit.
  AVIARY_RESOURCE = 3,
} AviaryStatus;

/// Where to say what went wrong: `capacity` bytes at `text`, which begins empty.
typedef struct AviaryMessage {
  AVIARY_HEAD
  char *text;
  size_t capacity;
} AviaryMessage;

/// Says why and returns `status`: `return aviary_fail(message, AVIARY_INVALID, "needs 2 inputs");`
static inline int32_t aviary_fail(const AviaryMessage *message, AviaryStatus status, const char *why) {
  if (message && message->text && message->capacity > 0) {
    snprintf(message->text, message->capacity, "%s", why);
  }
  return (int32_t)status;
}

// ---- Tensors ----

/// A dense tensor, row-major. `element_type` is a number of ONNX's TensorProto.DataType: 1 float, 2 uint8,
/// 6 int32, 7 int64, 9 bool, 11 double, ...; never a string.
typedef struct AviaryTensor {
  AVIARY_HEAD
  int32_t element_type;
  int32_t rank;
  /// `rank` extents.
  const int64_t *dims;
  const void *data;
  size_t byte_count;
} AviaryTensor;

/// What is known of an input before it exists.
typedef struct AviaryValueInfo {
  AVIARY_HEAD
  /// 0 where unknown.
  int32_t element_type;
  /// -1 where unknown.
  int32_t rank;
  /// `rank` extents: the extent; -1 where unknown; below that, equal numbers are equal unknown extents.
  const int64_t *dims;
  /// The content where it never changes, or NULL.
  const AviaryTensor *content;
} AviaryValueInfo;

/// What the plugin says of an output; begins unknown.
typedef struct AviaryOutputInfo {
  AVIARY_HEAD
  int32_t element_type;
  int32_t rank;
  /// AVIARY_MAX_RANK places, to be filled like `AviaryValueInfo.dims`.
  int64_t *dims;
} AviaryOutputInfo;

// ---- Attributes and parameters ----

/// The kinds of values; the numbers are those of ONNX's AttributeProto.AttributeType.
typedef enum AviaryKind {
  AVIARY_FLOAT = 1,
  AVIARY_INT = 2,
  AVIARY_STRING = 3,
  AVIARY_TENSOR = 4,
  AVIARY_FLOATS = 6,
  AVIARY_INTS = 7,
  AVIARY_STRINGS = 8,
  AVIARY_TENSORS = 9,
  /// Parameters of preprocessing steps only.
  AVIARY_NUMBER = 101,
  AVIARY_NUMBERS = 102,
  AVIARY_FLAG = 103,
} AviaryKind;

/// A named value or list of values. The member that `kind` calls for has `count` values (1 where it is no
/// list), the others are NULL.
typedef struct AviaryAttribute {
  AVIARY_HEAD
  const char *name;
  int32_t kind;
  int64_t count;
  const float *floats;
  /// Also the flag: 0 or 1.
  const int64_t *ints;
  const char *const *strings;
  const AviaryTensor *const *tensors;
  const double *numbers;
} AviaryAttribute;

/// An attribute that an operator understands. The host refuses others of the same name, and nodes that lack
/// a required one; attributes that are not declared are not passed on, and reported.
typedef struct AviaryAttributeSpec {
  AVIARY_HEAD
  const char *name;
  int32_t kind;
  int32_t required;
} AviaryAttributeSpec;

// ---- Operators ----

/// What an operator has while it runs. Tensors are valid until `run` returns. Functions are to be called by
/// the thread that called `run`.
typedef struct AviaryRun {
  AVIARY_HEAD
  void *host;
  int32_t input_count;
  int32_t output_count;
  /// NULL where the model omits an input.
  const AviaryTensor *const *inputs;
  /// Whether anybody reads an output; the others may be left out.
  const uint8_t *wanted;
  /// Makes an output and returns its bytes, uninitialised, 64-byte aligned, to be filled before `run`
  /// returns. NULL where this cannot be: then `run` should return AVIARY_INVALID; the host knows why.
  void *(*make_output)(void *host, int32_t output, int32_t element_type, int32_t rank, const int64_t *dims);
  /// Memory for intermediate results, valid until `run` returns, or NULL.
  void *(*scratch)(void *host, size_t byte_count);
  /// Calls `body` for ranges that cover 0 ..< count, possibly on several threads, and returns when all are
  /// done. `body` must not call functions of this struct.
  void (*parallel)(
    void *host, int64_t count, int64_t grain, void (*body)(void *argument, int64_t begin, int64_t end),
    void *argument);
} AviaryRun;

/// An operator of a domain of its own. All functions are required.
typedef struct AviaryOperator {
  AVIARY_HEAD
  const char *domain;
  const char *name;
  /// The versions of the domain's opset that it implements.
  int32_t first_opset;
  int32_t last_opset;
  int32_t min_inputs;
  /// -1: any number.
  int32_t max_inputs;
  int32_t output_count;
  /// Whether equal inputs may give different outputs.
  int32_t is_random;
  const AviaryAttributeSpec *const *attributes;
  int32_t attribute_count;
  void *self;
  /// Makes an instance for a node of a model.
  int32_t (*create)(
    void *self, int32_t opset, int32_t attribute_count, const AviaryAttribute *const *attributes,
    void **instance, const AviaryMessage *message);
  void (*destroy)(void *self, void *instance);
  /// Says what follows for the outputs from what is known of the inputs, which may be nothing. A NULL input
  /// is one that the model omits. `outputs` has `output_count` entries.
  int32_t (*infer)(
    void *self, void *instance, int32_t input_count, const AviaryValueInfo *const *inputs,
    int32_t output_count, AviaryOutputInfo *const *outputs, const AviaryMessage *message);
  /// Computes the outputs. Types and shapes must agree with what `infer` says of these inputs.
  int32_t (*run)(void *self, void *instance, const AviaryRun *run, const AviaryMessage *message);
} AviaryOperator;

// ---- Pictures ----

/// 8-bit samples, interleaved, rows from top to bottom without padding; 1 channel (grey) or 3 (RGB).
typedef struct AviaryImage {
  AVIARY_HEAD
  int32_t width;
  int32_t height;
  int32_t channels;
  const uint8_t *samples;
} AviaryImage;

/// Where a picture goes. To be asked for once.
typedef struct AviaryImageSink {
  AVIARY_HEAD
  void *host;
  /// `width * height * channels` zeros to be filled, or NULL where this cannot be.
  uint8_t *(*make)(void *host, int32_t width, int32_t height, int32_t channels);
} AviaryImageSink;

/// A preprocessing step that manifests ask for by name. All functions are required.
typedef struct AviaryStep {
  AVIARY_HEAD
  const char *name;
  const char *summary;
  void *self;
  /// Parameters are of the kinds AVIARY_NUMBER, AVIARY_NUMBERS, AVIARY_STRING and AVIARY_FLAG. Names that the
  /// step does not know should be refused.
  int32_t (*create)(
    void *self, int32_t parameter_count, const AviaryAttribute *const *parameters, void **instance,
    const AviaryMessage *message);
  void (*destroy)(void *self, void *instance);
  int32_t (*apply)(
    void *self, void *instance, const AviaryImage *image, const AviaryImageSink *result,
    const AviaryMessage *message);
} AviaryStep;

/// In pixels from the upper left corner; the score is within 0...1.
typedef struct AviaryFace {
  AVIARY_HEAD
  float x;
  float y;
  float width;
  float height;
  float score;
  int32_t landmark_count;
  /// Pairs of x and y.
  const float *landmarks;
} AviaryFace;

typedef struct AviaryFaceSink {
  AVIARY_HEAD
  void *host;
  /// Copies a face. Returns AVIARY_OK, or another status where it is no face; then `detect` should end.
  int32_t (*add)(void *host, const AviaryFace *face);
} AviaryFaceSink;

/// A face detector. All functions are required.
typedef struct AviaryDetector {
  AVIARY_HEAD
  const char *name;
  const char *summary;
  void *self;
  /// `argument` is what the user wrote after the colon of `--detector NAME:ARGUMENT`, or NULL.
  int32_t (*open)(void *self, const char *argument, void **instance, const AviaryMessage *message);
  void (*close)(void *self, void *instance);
  int32_t (*detect)(
    void *self, void *instance, const AviaryImage *image, const AviaryFaceSink *faces,
    const AviaryMessage *message);
} AviaryDetector;

// ---- Data sets ----

typedef struct AviarySample {
  AVIARY_HEAD
  /// Stable wherever the data set lies; copied by the host.
  const char *id;
  /// Index into the classes.
  int32_t label;
} AviarySample;

/// A kind of labelled image set, opened as KIND:PATH. All functions are required.
typedef struct AviaryDataset {
  AVIARY_HEAD
  const char *kind;
  const char *summary;
  void *self;
  int32_t (*open)(void *self, const char *path, void **instance, const AviaryMessage *message);
  void (*close)(void *self, void *instance);
  /// Names are valid until `close`; counts are asked for first.
  int32_t (*class_count)(void *self, void *instance);
  const char *(*class_name)(void *self, void *instance, int32_t index);
  int32_t (*split_count)(void *self, void *instance);
  const char *(*split_name)(void *self, void *instance, int32_t index);
  int64_t (*sample_count)(void *self, void *instance, int32_t split);
  /// Fills in `sample`, whose text need be valid only until the next call of this function by this thread.
  int32_t (*sample)(
    void *self, void *instance, int32_t split, int64_t index, AviarySample *sample,
    const AviaryMessage *message);
  /// Gives the decoded picture of a sample.
  int32_t (*image)(
    void *self, void *instance, int32_t split, int64_t index, const AviaryImageSink *result,
    const AviaryMessage *message);
} AviaryDataset;

// ---- The plugin ----

/// What a plugin is and brings. Names are lower-case letters, digits, '-', '_' and '.'.
typedef struct AviaryPlugin {
  AVIARY_HEAD
  const char *id;
  /// Such as "1.0.0".
  const char *version;
  const char *summary;
  const AviaryOperator *const *operators;
  const AviaryDataset *const *datasets;
  const AviaryStep *const *steps;
  const AviaryDetector *const *detectors;
  int32_t operator_count;
  int32_t dataset_count;
  int32_t step_count;
  int32_t detector_count;
} AviaryPlugin;

/// The one symbol that a plugin exports. Returns NULL where it cannot work with the host's ABI number.
const AviaryPlugin *aviary_plugin_entry(uint32_t host_abi);
typedef const AviaryPlugin *(*AviaryPluginEntry)(uint32_t host_abi);

#ifdef __cplusplus
}
#endif

#endif
