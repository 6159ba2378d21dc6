import AviaryCore
import CRegex

/// A compiled regular expression.
///
/// Why `@unchecked Sendable` holds: nothing writes the pattern after it is made, and RE2 says that matching may
/// run on several threads.
private final class Regex: @unchecked Sendable {
  private let handle: OpaquePointer

  /// - Throws: `ImportError` (`invalidAttribute`) for a pattern that RE2 does not know.
  init(_ pattern: String) throws(ImportError) {
    var message = [CChar](repeating: 0, count: 256)
    let capacity = message.count
    let length = pattern.utf8.count
    guard let handle = aviary_regex_create(pattern, length, &message, capacity) else {
      let reason = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw ImportError(.invalidAttribute, "attribute 'pattern' is no regular expression: \(reason)")
    }
    self.handle = handle
  }

  deinit { aviary_regex_destroy(handle) }

  func matches(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { chars in
        aviary_regex_full_match(handle, chars.baseAddress, chars.count) == 1
      }
    }
  }
}

/// Whether each string as a whole matches `pattern` (RE2's syntax, linear time).
///
/// ONNX `RegexFullMatch`, all versions.
struct RegexFullMatch: Operator {
  static let id = OperatorID("RegexFullMatch")
  static let opsets = 20...Opset.latest

  private let regex: Regex

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    regex = try Regex(attributes.string("pattern").required("pattern"))
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try checkedType(inputs, 0, [.string])
    return [ValueInfo(.bool, try inputs.required(0).shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let input = try context.input(0)
    guard input.elementType == .string else { throw .type(input.elementType, input: 0) }
    let strings = try checked { () throws(TensorError) in try input.strings() }
    let result = try context.make(0, input.shape.dims, as: Bool.self)
    for (index, text) in strings.enumerated() { result[index] = regex.matches(text) }
  }
}
