import CONNX

/// A message that protobuf-c has parsed, freed when the last reference goes.
///
/// Unsafe because: the pointer comes from `*__unpack` and is freed exactly once, in `deinit`. Structures
/// are only read, on the thread that created them, while this object lives.
package final class WireMessage {
  private let base: UnsafeMutablePointer<ProtobufCMessage>

  private init(_ base: UnsafeMutablePointer<ProtobufCMessage>) {
    self.base = base
  }

  deinit { protobuf_c_message_free_unpacked(base, nil) }

  /// The root as the structure that belongs to the schema it was parsed with.
  package func withRoot<Root, Result, Failure: Error>(
    as type: Root.Type, _ body: (UnsafePointer<Root>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawPointer(base).assumingMemoryBound(to: Root.self))
  }

  /// Scans and parses the message in `bytes`.
  /// - Throws: `WireError` where it is not a message of the schema or breaks a limit.
  package static func parse(
    _ bytes: UnsafeRawBufferPointer, schema: WireSchema, limits: WireLimits = WireLimits()
  ) throws(WireError) -> WireMessage {
    let message = try WireScanner.scan(bytes, schema: schema, limits: limits).message
    let parsed = message.withUnsafeBufferPointer { message in
      protobuf_c_message_unpack(schema.descriptor, nil, message.count, message.baseAddress)
    }
    guard let parsed else {
      throw WireError(offset: 0, message: "protobuf-c could not parse it or ran out of memory")
    }
    return WireMessage(parsed)
  }
}
