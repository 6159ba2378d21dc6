/// A plugin in C with one operator.
enum CTemplate {
  static let makefile = #"""
    CFLAGS ?= -O2 -Wall -Wextra

    lib__NAME__.so: plugin.c aviary_plugin.h
    	$(CC) $(CFLAGS) -std=c11 -fPIC -shared plugin.c -o $@

    clean:
    	rm -f lib__NAME__.so

    .PHONY: clean

    """#

  static let source = #"""
    #include "aviary_plugin.h"

    #include <stdlib.h>
    #include <string.h>

    // Scale(X) = factor * X

    static int32_t scale_create(
        void *self, int32_t opset, int32_t count, const AviaryAttribute *const *attributes, void **instance,
        const AviaryMessage *message) {
      (void)self, (void)opset;
      float *factor = malloc(sizeof *factor);
      if (!factor) return aviary_fail(message, AVIARY_RESOURCE, "no memory");
      *factor = 1;
      for (int32_t i = 0; i < count; i++) {
        if (strcmp(attributes[i]->name, "factor") == 0) *factor = attributes[i]->floats[0];
      }
      *instance = factor;
      return AVIARY_OK;
    }

    static void scale_destroy(void *self, void *instance) {
      (void)self;
      free(instance);
    }

    static int32_t scale_infer(
        void *self, void *instance, int32_t input_count, const AviaryValueInfo *const *inputs,
        int32_t output_count, AviaryOutputInfo *const *outputs, const AviaryMessage *message) {
      (void)self, (void)instance, (void)input_count, (void)output_count;
      if (inputs[0]->element_type != 0 && inputs[0]->element_type != 1) {
        return aviary_fail(message, AVIARY_UNSUPPORTED, "takes float tensors only");
      }
      outputs[0]->element_type = 1;
      outputs[0]->rank = inputs[0]->rank;
      for (int32_t axis = 0; axis < inputs[0]->rank; axis++) outputs[0]->dims[axis] = inputs[0]->dims[axis];
      return AVIARY_OK;
    }

    static int32_t scale_run(
        void *self, void *instance, const AviaryRun *run, const AviaryMessage *message) {
      (void)self;
      const AviaryTensor *x = run->inputs[0];
      float *y = run->make_output(run->host, 0, 1, x->rank, x->dims);
      if (!y) return aviary_fail(message, AVIARY_RESOURCE, "the output cannot be made");
      const float *values = x->data;
      for (size_t i = 0; i < x->byte_count / sizeof(float); i++) y[i] = *(const float *)instance * values[i];
      return AVIARY_OK;
    }

    static const AviaryAttributeSpec factor = {
        AVIARY_INIT(AviaryAttributeSpec), .name = "factor", .kind = AVIARY_FLOAT};
    static const AviaryAttributeSpec *const attributes[] = {&factor};

    static const AviaryOperator scale = {
        AVIARY_INIT(AviaryOperator),
        .domain = "__DOMAIN__",
        .name = "Scale",
        .first_opset = 1,
        .last_opset = 1,
        .min_inputs = 1,
        .max_inputs = 1,
        .output_count = 1,
        .attributes = attributes,
        .attribute_count = 1,
        .create = scale_create,
        .destroy = scale_destroy,
        .infer = scale_infer,
        .run = scale_run,
    };

    static const AviaryOperator *const operators[] = {&scale};

    static const AviaryPlugin plugin = {
        AVIARY_INIT(AviaryPlugin),
        .id = "__NAME__",
        .version = "0.1.0",
        .summary = "what __NAME__ adds, in one line",
        .operators = operators,
        .operator_count = 1,
    };

    const AviaryPlugin *aviary_plugin_entry(uint32_t host_abi) {
      return host_abi == AVIARY_ABI ? &plugin : NULL;
    }

    """#
}
