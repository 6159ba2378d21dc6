import AviaryCore

/// Each string's tokens along a new last axis, padded with `pad_value`.
///
/// `com.microsoft.Tokenizer`, which exporters write before `TfIdfVectorizer`; it is here because it needs regular
/// expressions. Tokens are what matches `tokenexp`, or what lies between matches of any of `separators` (single
/// characters for an empty one). Tokens of fewer than `mincharnum` characters are left out. With `mark` a token
/// of one start-of-text character begins each row, and one of end-of-text ends it.
struct Tokenizer: Operator {
  static let id = OperatorID("Tokenizer", domain: "com.microsoft")
  static let opsets = 1...1

  private let expression: Regex?
  private let separators: [Regex]
  private let isByCharacter: Bool
  private let marks: Bool
  private let padding: String
  private let shortest: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    marks = try attributes.bool("mark", default: false)
    padding = try attributes.string("pad_value").required("pad_value")
    shortest = try attributes.int("mincharnum").required("mincharnum")
    guard shortest > 0 else { throw ImportError(.invalidAttribute, "attribute 'mincharnum' is \(shortest)") }
    let pattern = try attributes.string("tokenexp") ?? ""
    let cuts = try attributes.strings("separators") ?? []
    guard pattern.isEmpty != cuts.isEmpty else {
      throw ImportError(.invalidAttribute, "one of 'tokenexp' and 'separators' is needed, and not both")
    }
    expression = pattern.isEmpty ? nil : try Regex(pattern, attribute: "tokenexp", longest: true)
    isByCharacter = cuts == [""]
    var separators: [Regex] = []
    for cut in cuts where !isByCharacter { separators.append(try Regex(cut, attribute: "separators", longest: true)) }
    self.separators = separators
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try checkedType(inputs, 0, [.string])
    return [ValueInfo(.string, SymbolicShape(try inputs.required(0).shape.dims.map { $0 + [.unknown] }))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let input = try context.input(0)
    guard input.elementType == .string else { throw .type(input.elementType, input: 0) }
    let rows = try checked { () throws(TensorError) in try input.strings() }.map(tokens)
    let width = rows.map(\.count).max() ?? 0
    let shape = try makeShape(input.shape.dims + [width])
    guard shape.count <= context.limits.tensorBytes / 16 else {
      throw .resource("\(shape.count) strings are beyond the tensor memory limit")
    }
    let padded = rows.flatMap { $0 + [String](repeating: padding, count: width - $0.count) }
    context.set(0, try checked { () throws(TensorError) in try Tensor(strings: padded, shape: shape) })
  }

  private func tokens(_ text: String) -> [String] {
    var found: [String]
    if isByCharacter {
      found = text.unicodeScalars.map { String(Character($0)) }
    } else if let expression {
      let bytes = Array(text.utf8)
      found = expression.parts(of: bytes).matches.map { String(decoding: bytes[$0], as: UTF8.self) }
    } else {
      found = [text]
      for separator in separators {
        found = found.flatMap { part in
          let bytes = Array(part.utf8)
          return separator.parts(of: bytes).between.map { String(decoding: bytes[$0], as: UTF8.self) }
        }
      }
    }
    found.removeAll { $0.unicodeScalars.count < shortest }
    return marks ? ["\u{2}"] + found + ["\u{3}"] : found
  }
}
