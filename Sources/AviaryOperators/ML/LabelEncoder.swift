import AviaryCore
import AviaryKernels

/// A key or value of a lookup: floating point by its bits, so that NaN finds NaN and 0 finds -0.
enum LookupKey: Hashable, Sendable {
  case integer(Int64)
  case real(UInt64)
  case text(String)

  init(_ value: Double) {
    self = .real((value.isNaN ? .nan : value == 0 ? 0 : value).bitPattern)
  }
}

/// A list of keys or values of one element type.
struct LookupList: Sendable {
  let elementType: ElementType
  let tensor: Tensor

  init(_ tensor: Tensor) { (elementType, self.tensor) = (tensor.elementType, tensor) }

  /// - Throws: `ImportError` (`invalidAttribute`) for types that the operators do not look up.
  func keys() throws(ImportError) -> [LookupKey] {
    do { return try lookupKeys(tensor, input: 0) } catch {
      throw ImportError(.invalidAttribute, "a list of \(elementType.name) cannot be looked up")
    }
  }
}

/// The elements of a tensor as keys.
///
/// - Throws: `OperatorError.type` for element types that are not looked up.
func lookupKeys(_ tensor: Tensor, input index: Int) throws(OperatorError) -> [LookupKey] {
  switch tensor.elementType {
  case .string: try checked { () throws(TensorError) in try tensor.strings() }.map { .text($0) }
  case .int16, .int32, .int64:
    try checked { () throws(TensorError) in try tensor.integers() }.map { .integer(Int64($0)) }
  case .float, .double: try numbers(tensor, input: index).map { LookupKey($0) }
  default: throw .type(tensor.elementType, input: index)
  }
}

/// Every element looked up among the keys: the value at the same place, or the default.
///
/// ONNX-ML `LabelEncoder`. Version 1: `classes_strings` and places, in either direction. Version 2: lists of
/// keys and values. Version 4: tensors of them too, and more types. Of a key given twice the first counts.
struct LabelEncoder: Operator {
  static let id = MLDomain.id("LabelEncoder")
  static let opsets = 1...MLDomain.latest

  private let table: LookupTable
  /// Version 1 looks integers up too: the other way round.
  private let reverse: LookupTable?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    let defaultInteger = try attributes.int("default_int64", default: -1)
    let defaultString = try attributes.string("default_string", default: "_Unused")
    if opset < 2 {
      let classes = try attributes.strings("classes_strings") ?? []
      let places = try LookupList.integers(classes.indices.map { Int64($0) })
      let names = try LookupList.strings(classes)
      table = try LookupTable(keys: names, values: places, fallback: .integers([Int64(defaultInteger)]))
      reverse = try LookupTable(keys: places, values: names, fallback: .strings([defaultString]))
      return
    }
    let defaultFloat = try attributes.float("default_float", default: -0.0)
    let given = try attributes.tensor("default_tensor")
    let keys = try LookupList.decode(&attributes, "keys")
    let values = try LookupList.decode(&attributes, "values")
    let fallback: LookupList
    switch values.elementType {
    case _ where given?.elementType == values.elementType && given?.count == 1:
      fallback = LookupList(try given.required("default_tensor"))
    case .string: fallback = try .strings([defaultString])
    case .float: fallback = try .floats([defaultFloat])
    case .int64: fallback = try .integers([Int64(defaultInteger)])
    default:
      do {
        fallback = LookupList(
          try numberTensor([values.elementType == .double ? -0.0 : -1], as: values.elementType, shape: .vector(1)))
      } catch { throw ImportError(.invalidAttribute, "values_tensor: \(error)") }
    }
    table = try LookupTable(keys: keys, values: values, fallback: fallback)
    reverse = nil
  }

  private func table(for type: ElementType) throws(OperatorError) -> LookupTable {
    if table.keyType == type { return table }
    if let reverse, reverse.keyType == type { return reverse }
    throw .type(type, input: 0)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let input = try inputs.required(0)
    let type = try input.elementType.map { (type) throws(OperatorError) in try table(for: type).valueType }
    return [ValueInfo(type ?? (reverse == nil ? table.valueType : nil), input.shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let input = try context.input(0)
    try table(for: input.elementType).look(up: input, context)
  }
}

/// Keys and the values they stand for.
struct LookupTable: Sendable {
  let keyType: ElementType
  let valueType: ElementType
  private let places: [LookupKey: Int]
  /// The values, and the default behind them.
  private let values: Tensor

  /// - Throws: `ImportError` (`invalidAttribute`) where the lists do not fit.
  init(keys: LookupList, values: LookupList, fallback: LookupList) throws(ImportError) {
    let list = try keys.keys()
    guard list.count == values.tensor.count else {
      throw ImportError(.invalidAttribute, "\(list.count) keys and \(values.tensor.count) values")
    }
    keyType = keys.elementType
    valueType = values.elementType
    places = Dictionary(zip(list, list.indices)) { first, _ in first }
    self.values = try LookupList.joined(values, fallback)
  }

  /// Makes the first output the values of the elements of `input`.
  func look(up input: Tensor, _ context: RunContext) throws(OperatorError) {
    let fallback = values.count - 1
    let found = try lookupKeys(input, input: 0).map { places[$0] ?? fallback }
    var mover = CellMover(context, valueType)
    let from = try mover.source(values)
    let to = try mover.destination(0, input.shape.dims)
    gatherBlocks(
      from: from.address, to: to, outer: 1, extent: values.count, indices: found, blockBytes: mover.width,
      parallel: context.parallel)
    try mover.finish(0, input.shape.dims, to)
  }
}

extension LookupList {
  static func strings(_ values: [String]) throws(ImportError) -> LookupList {
    try made { () throws(TensorError) in try Tensor(strings: values, shape: .vector(values.count)) }
  }
  static func integers(_ values: [Int64]) throws(ImportError) -> LookupList {
    try made { () throws(TensorError) in try Tensor(values) }
  }
  static func floats(_ values: [Float]) throws(ImportError) -> LookupList {
    try made { () throws(TensorError) in try Tensor(values) }
  }

  private static func made(_ body: () throws(TensorError) -> Tensor) throws(ImportError) -> LookupList {
    do { return LookupList(try body()) } catch { throw ImportError(.invalidAttribute, "\(error)") }
  }

  /// The one of `PREFIX_tensor`, `PREFIX_strings`, `PREFIX_int64s` and `PREFIX_floats` that is there.
  static func decode(_ attributes: inout Attributes, _ prefix: String) throws(ImportError) -> LookupList {
    var lists: [LookupList] = []
    if let tensor = try attributes.tensor("\(prefix)_tensor") { lists.append(LookupList(tensor)) }
    if let strings = try attributes.strings("\(prefix)_strings") { lists.append(try .strings(strings)) }
    if let numbers = try attributes.ints("\(prefix)_int64s") { lists.append(try .integers(numbers.map { Int64($0) })) }
    if let floats = try attributes.floats("\(prefix)_floats") { lists.append(try .floats(floats)) }
    guard lists.count == 1 else {
      throw ImportError(
        .invalidAttribute, "one of \(prefix)_tensor, _strings, _int64s and _floats is needed, there are \(lists.count)")
    }
    return lists[0]
  }

  /// Both lists in one tensor.
  static func joined(_ a: LookupList, _ b: LookupList) throws(ImportError) -> Tensor {
    let shape = Shape.vector(a.tensor.count + 1)
    do {
      if a.elementType == .string { return try Tensor(strings: a.tensor.strings() + b.tensor.strings(), shape: shape) }
      return try Tensor(elementType: a.elementType, shape: shape) { bytes in
        a.tensor.withBytes { bytes.copyMemory(from: $0) }
        b.tensor.withBytes { UnsafeMutableRawBufferPointer(rebasing: bytes[a.tensor.byteCount...]).copyMemory(from: $0) }
      }
    } catch { throw ImportError(.invalidAttribute, "\(error)") }
  }
}
