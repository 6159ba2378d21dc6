#include "schema.h"

#include <stddef.h>

const ProtobufCMessageDescriptor *aviary_onnx_model_descriptor(void) {
  return &onnx__model_proto__descriptor;
}

const ProtobufCMessageDescriptor *aviary_onnx_tensor_descriptor(void) {
  return &onnx__tensor_proto__descriptor;
}

const ProtobufCMessageDescriptor *aviary_onnx_sequence_descriptor(void) {
  return &onnx__sequence_proto__descriptor;
}

const ProtobufCMessageDescriptor *aviary_onnx_optional_descriptor(void) {
  return &onnx__optional_proto__descriptor;
}

const ProtobufCMessageDescriptor *aviary_onnx_map_descriptor(void) {
  return &onnx__map_proto__descriptor;
}

const ProtobufCEnumDescriptor *const *aviary_onnx_enum_descriptors(void) {
  static const ProtobufCEnumDescriptor *const all[] = {
      &onnx__version__descriptor,
      &onnx__operator_status__descriptor,
      &onnx__attribute_proto__attribute_type__descriptor,
      &onnx__tensor_proto__data_type__descriptor,
      &onnx__tensor_proto__data_location__descriptor,
      &onnx__sequence_proto__data_type__descriptor,
      &onnx__optional_proto__data_type__descriptor,
      NULL,
  };
  return all;
}
