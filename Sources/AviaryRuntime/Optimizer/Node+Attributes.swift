import AviaryCore

/// Attribute look-ups for passes, which know what they look for and take anything else as "not this".
extension Node {
  /// Whether this is the standard operator of that name.
  func isOperator(_ name: String) -> Bool { id.domain.isEmpty && id.name == name }

  func int(_ name: String) -> Int? {
    if case .int(let value)? = attributes[name] { Int(value) } else { nil }
  }

  func float(_ name: String) -> Float? {
    if case .float(let value)? = attributes[name] { value } else { nil }
  }

  func string(_ name: String) -> String? {
    if case .string(let value)? = attributes[name] { value } else { nil }
  }

  func ints(_ name: String) -> [Int]? {
    if case .ints(let values)? = attributes[name] { values.map { Int($0) } } else { nil }
  }
}

extension Tensor {
  /// The elements of a float tensor, or `nil`.
  var floats: [Float]? { try? array(of: Float.self) }

  /// The one element of a float tensor, or `nil`.
  var scalarFloat: Float? {
    guard count == 1, let floats else { return nil }
    return floats[0]
  }
}
