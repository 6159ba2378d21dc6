import AviaryCore

/// A row of scores as a map from the class's label to its score: a sequence of one map a row.
///
/// ONNX-ML `ZipMap`, all versions.
struct ZipMap: Operator {
  static let id = MLDomain.id("ZipMap")
  static let opsets = 1...MLDomain.latest

  private let keys: MapValue.Keys
  private let count: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    switch try ClassLabels(&attributes, integers: "classlabels_int64s", strings: "classlabels_strings") {
    case .strings(let labels): (keys, count) = (.strings(labels), labels.count)
    case .integers(let labels): (keys, count) = (.integers(.int64, labels), labels.count)
    case .numbered:
      throw ImportError(.invalidAttribute, "one of classlabels_int64s and classlabels_strings is needed")
    }
  }

  private var mapType: ValueType {
    let key: ElementType = if case .strings = keys { .string } else { .int64 }
    return .map(key: key, value: .tensor(.float, SymbolicShape(known: [])))
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try checkedType(inputs, 0, [.float])
    return [ValueInfo(.sequence(mapType))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let x = try context.elements(0, as: Float.self)
    let rows = try FeatureRows(try context.input(0).shape.dims)
    guard rows.columns == count else {
      throw .invalid("the input has \(rows.columns) columns, there are \(count) labels")
    }
    let maps = try (0..<rows.rows).map { (row) throws(OperatorError) in
      let values = try (0..<count).map { (column) throws(OperatorError) in
        Value.tensor(
          try checked { () throws(TensorError) in try Tensor(scalar: x[row * count + column]) })
      }
      return Value.map(
        MapValue(keys: keys, values: values, valueType: .tensor(.float, SymbolicShape(known: []))))
    }
    context.set(0, .sequence(maps, of: mapType))
  }
}

/// A map's values in the order of a vocabulary, zeros (empty strings) for keys it does not have: `[1, words]`.
///
/// ONNX-ML `DictVectorizer`, all versions. Keys that the vocabulary does not have are left out.
struct DictVectorizer: Operator {
  static let id = MLDomain.id("DictVectorizer")
  static let opsets = 1...MLDomain.latest

  private let words: ClassLabels

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    words = try ClassLabels(&attributes, integers: "int64_vocabulary", strings: "string_vocabulary")
    guard words.count > 0 else {
      throw ImportError(.invalidAttribute, "one of int64_vocabulary and string_vocabulary is needed")
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    var type: ElementType?
    switch try inputs.required(0).type {
    case .map(_, .tensor(let value, _)): type = value
    case .map, .unknown: break
    default: throw .invalid("input 0 is no map")
    }
    return [ValueInfo(type, [1, words.count])]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    guard case .map(let map) = try context.value(0) else { throw .invalid("input 0 is no map") }
    let places: [Int?]
    switch (words, map.keys) {
    case (.integers(let words), .integers(_, let keys)):
      let known = Dictionary(zip(keys, keys.indices)) { first, _ in first }
      places = words.map { known[$0] }
    case (.strings(let words), .strings(let keys)):
      let known = Dictionary(zip(keys, keys.indices)) { first, _ in first }
      places = words.map { known[$0] }
    default: throw .invalid("the map's keys are of another type than the vocabulary")
    }
    let type: ElementType =
      if case .tensor(let type?, _) = map.valueType { type } else { map.values.first?.tensor?.elementType ?? .float }
    guard [.int64, .float, .double, .string].contains(type) else { throw .type(type, input: 0) }
    func scalar(_ place: Int) throws(OperatorError) -> Tensor {
      guard map.values.indices.contains(place), let tensor = map.values[place].tensor,
        tensor.elementType == type, tensor.count == 1
      else { throw .invalid("the map holds something else than single values of \(type.name)") }
      return tensor
    }
    if type == .string {
      let strings = try places.map { (place) throws(OperatorError) in
        guard let place else { return "" }
        let tensor = try scalar(place)
        return try checked { () throws(TensorError) in try tensor.strings() }[0]
      }
      return context.set(
        0, try checked { () throws(TensorError) in try Tensor(strings: strings, shape: Shape([1, strings.count])) })
    }
    let bytes = try context.makeBytes(0, type, [1, words.count])
    let width = type.bitWidth / 8
    for (index, place) in places.enumerated() {
      let cell = UnsafeMutableRawBufferPointer(rebasing: bytes[index * width..<(index + 1) * width])
      if let place {
        try scalar(place).withBytes { cell.copyMemory(from: $0) }
      } else {
        for i in cell.indices { cell[i] = 0 }
      }
    }
  }
}

/// A map's values as one row, sorted by key: `[1, n]`.
///
/// ONNX-ML `CastMap`, all versions. With `map_form` `SPARSE` keys are columns of `max_map` columns, the others
/// are 0.
struct CastMap: Operator {
  static let id = MLDomain.id("CastMap")
  static let opsets = 1...MLDomain.latest

  private let target: ElementType
  private let width: Int?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    let names: [String: ElementType] = ["TO_FLOAT": .float, "TO_STRING": .string, "TO_INT64": .int64]
    target =
      names[try attributes.string("cast_to", default: "TO_FLOAT", among: names.keys.sorted())] ?? .float
    let most = try attributes.int("max_map", default: 1)
    let isSparse = try attributes.string("map_form", default: "DENSE", among: ["DENSE", "SPARSE"]) == "SPARSE"
    guard !isSparse || most > 0 else { throw ImportError(.invalidAttribute, "max_map is \(most)") }
    width = isSparse ? most : nil
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    switch try inputs.required(0).type {
    case .map, .unknown: break
    default: throw .invalid("input 0 is no map")
    }
    return [ValueInfo(target, SymbolicShape([1, width.map { .known($0) } ?? .unknown]))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    guard case .map(let map) = try context.value(0), case .integers(_, let keys) = map.keys else {
      throw .invalid("input 0 is no map with integer keys")
    }
    let pairs = try zip(keys, map.values).sorted { $0.0 < $1.0 }.map { (key, value) throws(OperatorError) in
      guard let tensor = value.tensor, tensor.count == 1 else { throw .invalid("the map holds no single values") }
      return (key, tensor)
    }
    let count = width ?? pairs.count
    guard count <= context.limits.tensorBytes / 16 else { throw .resource("max_map \(count) is beyond the limit") }
    var cells = [(number: Double, text: String)](repeating: (0, target == .string ? "0" : ""), count: count)
    for (place, pair) in pairs.enumerated() {
      let column = width == nil ? place : Int(pair.0)
      // Keys beyond the columns are left out, as the specification says.
      guard cells.indices.contains(column) else { continue }
      if pair.1.elementType == .string {
        let text = try checked { () throws(TensorError) in try pair.1.strings() }[0]
        guard target == .string || Double(text) != nil else { throw .invalid("'\(text)' is no number") }
        cells[column] = (Double(text) ?? 0, text)
      } else {
        let number = try numbers(pair.1, input: 0)[0]
        cells[column] = (number, "\(Float(number))")
      }
    }
    let shape = try makeShape([1, count])
    if target == .string {
      let strings = cells.map(\.text)
      return context.set(0, try checked { () throws(TensorError) in try Tensor(strings: strings, shape: shape) })
    }
    let truncated = cells.map { target == .int64 ? $0.number.rounded(.towardZero) : $0.number }
    context.set(0, try numberTensor(truncated, as: target, shape: shape))
  }
}
