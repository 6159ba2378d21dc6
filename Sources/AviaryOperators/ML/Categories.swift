import AviaryCore

/// Strings to the integers that stand at the same place, or integers to strings.
///
/// ONNX-ML `CategoryMapper`, all versions.
struct CategoryMapper: Operator {
  static let id = MLDomain.id("CategoryMapper")
  static let opsets = 1...MLDomain.latest

  private let toIntegers: LookupTable
  private let toStrings: LookupTable

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    let numbers = try LookupList.integers(
      try attributes.ints("cats_int64s").required("cats_int64s").map { Int64($0) })
    let names = try LookupList.strings(try attributes.strings("cats_strings").required("cats_strings"))
    toIntegers = try LookupTable(
      keys: names, values: numbers, fallback: .integers([Int64(attributes.int("default_int64", default: -1))]))
    toStrings = try LookupTable(
      keys: numbers, values: names, fallback: .strings([attributes.string("default_string", default: "_Unused")]))
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, [.string, .int64])
    return [ValueInfo(type.map { $0 == .string ? .int64 : .string }, try inputs.required(0).shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let input = try context.input(0)
    switch input.elementType {
    case .string: try toIntegers.look(up: input, context)
    case .int64: try toStrings.look(up: input, context)
    case let other: throw .type(other, input: 0)
    }
  }
}

/// A new last axis with 1 at the place of each element's category, 0 elsewhere.
///
/// ONNX-ML `OneHotEncoder`, all versions. Numbers are truncated to integers; an unknown category gives zeros,
/// or an error where `zeros` is 0.
struct OneHotEncoder: Operator {
  static let id = MLDomain.id("OneHotEncoder")
  static let opsets = 1...MLDomain.latest

  private let integers: [Int64: Int]
  private let strings: [String: Int]
  private let count: Int
  private let allowsUnknown: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    let numbers = try attributes.ints("cats_int64s") ?? []
    let names = try attributes.strings("cats_strings") ?? []
    guard numbers.isEmpty != names.isEmpty else {
      throw ImportError(.invalidAttribute, "one of cats_int64s and cats_strings is needed, and not both")
    }
    integers = Dictionary(zip(numbers.map { Int64($0) }, numbers.indices)) { first, _ in first }
    strings = Dictionary(zip(names, names.indices)) { first, _ in first }
    count = max(numbers.count, names.count)
    allowsUnknown = try attributes.bool("zeros", default: true)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try checkedType(inputs, 0, Set<ElementType>.features.union([.string]))
    return [ValueInfo(.float, SymbolicShape(try inputs.required(0).shape.dims.map { $0 + [.known(count)] }))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let input = try context.input(0)
    let places: [Int?]
    switch input.elementType {
    case .string: places = try checked { () throws(TensorError) in try input.strings() }.map { strings[$0] }
    case .int32, .int64, .float, .double:
      places = try numbers(input, input: 0).map { number in
        Int64(exactly: number.rounded(.towardZero)).flatMap { integers[$0] }
      }
    case let other: throw .type(other, input: 0)
    }
    if !allowsUnknown, let unknown = places.firstIndex(of: nil) {
      throw .invalid("element \(unknown) has no known category")
    }
    let result = try context.make(0, input.shape.dims + [count], as: Float.self)
    result.update(repeating: 0)
    for (index, place) in places.enumerated() {
      if let place { result[index * count + place] = 1 }
    }
  }
}
