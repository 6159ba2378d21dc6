import CONNX

/// Counts what protobuf-c takes from malloc while it parses, to hold the scanner's prediction against.
enum AllocationCounter {
  private final class Count {
    var bytes = 0
  }

  /// Bytes asked for while parsing a `ModelProto`; nothing is given back before the end.
  static func bytes(parsing message: UnsafeBufferPointer<UInt8>) -> Int {
    let count = Count()
    var allocator = ProtobufCAllocator(
      alloc: { data, size in
        guard let data else { return nil }
        Unmanaged<Count>.fromOpaque(data).takeUnretainedValue().bytes += size
        return UnsafeMutableRawPointer.allocate(byteCount: max(size, 1), alignment: 16)
      },
      free: { _, pointer in pointer?.deallocate() },
      allocator_data: Unmanaged.passUnretained(count).toOpaque())
    let parsed = protobuf_c_message_unpack(
      aviary_onnx_model_descriptor(), &allocator, message.count, message.baseAddress)
    protobuf_c_message_free_unpacked(parsed, &allocator)
    return withExtendedLifetime(count) { count.bytes }
  }
}
