/// A JSON value of a request, with numbers kept exact: 64-bit integers do not go through `Double`.
indirect enum JSONNode: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A whole number above `Int64.max`.
  case unsigned(UInt64)
  case real(Double)
  case string(String)
  case array([JSONNode])
  case object([String: JSONNode])

  subscript(key: String) -> JSONNode? { if case .object(let members) = self { members[key] } else { nil } }

  var string: String? { if case .string(let text) = self { text } else { nil } }
  var array: [JSONNode]? { if case .array(let elements) = self { elements } else { nil } }
  var object: [String: JSONNode]? { if case .object(let members) = self { members } else { nil } }
  var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }

  /// A whole number; `1.0` is one.
  var integer: Int? {
    switch self {
    case .integer(let value): Int(value)
    case .real(let value): Int(exactly: value)
    default: nil
    }
  }

  /// What it is, for messages.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer, .unsigned, .real: "a number"
    case .string: "a string"
    case .array: "a list"
    case .object: "an object"
    }
  }
}
