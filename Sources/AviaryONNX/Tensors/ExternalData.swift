import AviaryCore

/// Where a tensor's bytes lie outside the model: `TensorProto.external_data`.
/// Source: ONNX documentation, "External Data".
struct ExternalData: Equatable {
  var location: String
  var offset: Int = 0
  /// `nil`: as many bytes as the tensor has.
  var length: Int?
  /// SHA-1 of the file, as the model claims it. Not checked.
  var checksum: String?

  /// - Throws: `ImportError` (`externalData`) for an unknown, repeated or missing key and for a number
  ///   that is none.
  init(_ entries: [(key: String, value: String)]) throws(ImportError) {
    var seen: Set<String> = []
    var location: String?
    for (key, value) in entries {
      guard seen.insert(key).inserted else {
        throw ImportError(.externalData, "external data has the key '\(key)' twice")
      }
      switch key {
      case "location": location = value
      case "offset": offset = try Self.number(value, key)
      case "length": length = try Self.number(value, key)
      case "checksum": checksum = value
      default:
        throw ImportError(
          .externalData,
          "external data has the unknown key '\(key)' (known: location, offset, length, checksum)")
      }
    }
    guard let location else { throw ImportError(.externalData, "external data has no location") }
    self.location = location
  }

  /// A number of digits only: no sign, no space, no exponent.
  private static func number(_ text: String, _ key: String) throws(ImportError) -> Int {
    let isDigits = !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
    guard isDigits, let value = Int(text) else {
      throw ImportError(.externalData, "external data has the \(key) '\(text)', which is no valid number")
    }
    return value
  }

  /// The bytes of a tensor that needs `needed` of them, in a file of `available`.
  func range(needed: Int, available: Int) throws(ImportError) -> WireRange {
    if let length, length != needed {
      throw ImportError(
        .externalData, "external data in '\(location)' has length \(length), the tensor needs \(needed)")
    }
    guard offset <= available, needed <= available - offset else {
      throw ImportError(
        .externalData,
        """
        external data in '\(location)' ends at byte \(available); the tensor needs \(needed) bytes \
        from byte \(offset) on
        """)
    }
    return WireRange(offset: offset, count: needed)
  }
}
