#ifndef AVIARY_CONNX_SCHEMA_H
#define AVIARY_CONNX_SCHEMA_H

#include "onnx.pb-c.h"

/// The messages that stand at the root of a file. Functions, because Swift cannot take the address of an
/// imported constant.
const ProtobufCMessageDescriptor *aviary_onnx_model_descriptor(void);
const ProtobufCMessageDescriptor *aviary_onnx_tensor_descriptor(void);
const ProtobufCMessageDescriptor *aviary_onnx_sequence_descriptor(void);
const ProtobufCMessageDescriptor *aviary_onnx_optional_descriptor(void);
const ProtobufCMessageDescriptor *aviary_onnx_map_descriptor(void);

/// Every enumeration of the schema, ended by NULL.
const ProtobufCEnumDescriptor *const *aviary_onnx_enum_descriptors(void);

#endif
