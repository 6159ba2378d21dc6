#!/bin/sh
# Writes onnx.pb-c.c and include/onnx.pb-c.h from Schemas/onnx.proto into DIR (default: this folder).
# Needs protoc-c 1.4.1 (Debian package protobuf-c-compiler).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
protoc-c --proto_path="$here/../../Schemas" --c_out="$work" onnx.proto
mkdir -p "$out/include"
mv "$work/onnx.pb-c.c" "$out/onnx.pb-c.c"
mv "$work/onnx.pb-c.h" "$out/include/onnx.pb-c.h"
