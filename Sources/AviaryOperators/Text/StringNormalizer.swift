import AviaryCore

/// Strings without those that are stop words, in upper or lower case where asked for.
///
/// ONNX `StringNormalizer`, all versions. Input `[C]` or `[1, C]`; where nothing is left the result is one
/// empty string. `locale` is not looked at: Unicode's own case mapping is used, which differs from a locale's
/// only in Turkish, Azeri and Lithuanian.
struct StringNormalizer: Operator {
  static let id = OperatorID("StringNormalizer")
  static let opsets = 10...Opset.latest

  private let action: String
  private let isCaseSensitive: Bool
  private let stopwords: Set<String>

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    action = try attributes.string("case_change_action", default: "NONE", among: ["NONE", "LOWER", "UPPER"])
    isCaseSensitive = try attributes.bool("is_case_sensitive", default: false)
    attributes.ignore("locale")
    let words = try attributes.strings("stopwords") ?? []
    stopwords = Set(isCaseSensitive ? words : words.map { $0.lowercased() })
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try checkedType(inputs, 0, [.string])
    guard let dims = try inputs.required(0).shape.dims else { return [ValueInfo(.string, .unknown)] }
    try check(rank: dims.count, rows: dims.first?.value)
    return [ValueInfo(.string, SymbolicShape(dims.count == 1 ? [.unknown] : [1, .unknown]))]
  }

  private func check(rank: Int, rows: Int?) throws(OperatorError) {
    guard rank == 1 || rank == 2 else { throw .rank(rank, input: 0, needs: "1 or 2") }
    if rank == 2, let rows, rows != 1 { throw .invalid("input 0 has \(rows) rows, needs one") }
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let input = try context.input(0)
    guard input.elementType == .string else { throw .type(input.elementType, input: 0) }
    try check(rank: input.shape.rank, rows: input.shape.dims.first)
    var kept = try checked { () throws(TensorError) in try input.strings() }
    if !stopwords.isEmpty {
      kept.removeAll { stopwords.contains(isCaseSensitive ? $0 : $0.lowercased()) }
    }
    switch action {
    case "LOWER": kept = kept.map { $0.lowercased() }
    case "UPPER": kept = kept.map { $0.uppercased() }
    default: break
    }
    if kept.isEmpty { kept = [""] }
    let shape = try makeShape(input.shape.rank == 1 ? [kept.count] : [1, kept.count])
    context.set(0, try checked { () throws(TensorError) in try Tensor(strings: kept, shape: shape) })
  }
}
