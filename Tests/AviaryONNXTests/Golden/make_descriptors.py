#!/usr/bin/env python3
"""Writes onnx-descriptors.json: the fields and enum values that the `onnx` package (1.23.2) declares.

Usage: make_descriptors.py > onnx-descriptors.json
"""
import json
import sys

import onnx
from google.protobuf import descriptor_pb2
from onnx import onnx_data_pb2, onnx_ml_pb2

if onnx.__version__ != "1.23.2":
    sys.exit(f"needs onnx 1.23.2, found {onnx.__version__}")

LABELS = {1: "optional", 2: "required", 3: "repeated"}
Field = descriptor_pb2.FieldDescriptorProto
messages, enums = {}, {}


def add_enum(prefix, enum):
    enums[f"{prefix}.{enum.name}"] = {v.name: v.number for v in enum.value}


def add_message(prefix, message):
    name = f"{prefix}.{message.name}"
    messages[name] = {
        f.name: [
            f.number,
            LABELS[f.label],
            Field.Type.Name(f.type)[5:].lower(),
            f.type_name.lstrip("."),
            bool(f.options.packed),
            f.HasField("oneof_index"),
        ]
        for f in message.field
    }
    for enum in message.enum_type:
        add_enum(name, enum)
    for nested in message.nested_type:
        add_message(name, nested)


for module in (onnx_ml_pb2, onnx_data_pb2):
    file = descriptor_pb2.FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(file)
    for enum in file.enum_type:
        add_enum(file.package, enum)
    for message in file.message_type:
        add_message(file.package, message)

json.dump({"messages": messages, "enums": enums}, sys.stdout, indent=1, sort_keys=True)
print()
