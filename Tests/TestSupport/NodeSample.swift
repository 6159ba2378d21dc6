import AviaryCore
import Foundation

/// One operator application that is right: the start of malformed ones.
public struct NodeSample: Sendable {
  public var id: OperatorID
  public var opset: Int
  public var attributes: [String: AttributeValue]
  /// `nil` where an optional input is left out.
  public var inputs: [Value?]
  public var outputs: Int

  public init(
    id: OperatorID, opset: Int, attributes: [String: AttributeValue], inputs: [Value?], outputs: Int
  ) {
    self.id = id
    self.opset = opset
    self.attributes = attributes
    self.inputs = inputs
    self.outputs = outputs
  }

  /// A graph of this node alone, and what to feed it. Inputs whose bit is set in `constants` are initializers.
  public func graph(constants: UInt64) -> (Graph, [String: Value]) {
    var graph = Graph(name: "malformed")
    var feeds: [String: Value] = [:]
    var names: [String] = []
    for (index, input) in inputs.enumerated() {
      guard let input else {
        names.append("")
        continue
      }
      let name = "x\(index)"
      names.append(name)
      if case .tensor(let tensor) = input, constants >> UInt64(index % 64) & 1 == 1 {
        graph.initializers[name] = tensor
      } else {
        graph.inputs.append(.init(name: name, type: input.type))
        feeds[name] = input
      }
    }
    let results = (0..<max(1, outputs)).map { "y\($0)" }
    graph.outputs = results.map { .init(name: $0, type: .unknown) }
    graph.nodes = [
      Node(name: id.description, id: id, opset: opset, inputs: names, outputs: results, attributes: attributes)
    ]
    return (graph, feeds)
  }
}

extension OperatorCase {
  /// The application that the case describes.
  public func sample() throws -> NodeSample {
    NodeSample(
      id: OperatorID(`operator`, domain: domain ?? ""), opset: opset, attributes: try attributes.mapValues { try $0.value() },
      inputs: try inputs.map { try $0.map { .tensor(try $0.tensor()) } }, outputs: max(1, outputs.count))
  }

  /// Every golden file below the tests.
  public static func everywhere() throws -> [OperatorCase] {
    let folder = Locations.root.appendingPathComponent("Tests")
    let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return files.sorted().filter { $0.contains("/golden_") && $0.hasSuffix(".json") }
      .flatMap { (try? load("Tests/\($0)")) ?? [] }
  }
}

/// Makes malformed nodes of right ones, the same ones for the same seed: inputs left out, swapped, of another
/// type, rank or size, empty, with indices and numbers beyond all bounds; attributes left out, absurd or of
/// another type; more or fewer outputs; another version.
public struct NodeMutator {
  private let sample: NodeSample
  private let opsets: ClosedRange<Int>
  private var random: SeededGenerator

  public init(_ sample: NodeSample, opsets: ClosedRange<Int>, seed: UInt64) {
    self.sample = sample
    self.opsets = opsets
    random = SeededGenerator(seed: seed)
  }

  public mutating func next() -> NodeSample {
    var node = sample
    for _ in 0..<Int.random(in: 1...3, using: &random) { mutate(&node) }
    return node
  }

  /// Which inputs are constants of the model this time.
  public mutating func constants() -> UInt64 {
    switch Int.random(in: 0..<3, using: &random) {
    case 0: 0
    case 1: .max
    default: random.next()
    }
  }

  private mutating func mutate(_ node: inout NodeSample) {
    // A loop without an end is no error: its count and condition stay.
    let choices = node.id.name == "Loop" ? 8...13 : 0...13
    switch Int.random(in: choices, using: &random) {
    case 0:
      guard let index = node.inputs.indices.randomElement(using: &random) else { return }
      node.inputs[index] = nil
    case 1:
      if !node.inputs.isEmpty { node.inputs.removeLast() }
    case 2:
      guard let a = node.inputs.indices.randomElement(using: &random),
        let b = node.inputs.indices.randomElement(using: &random)
      else { return }
      node.inputs.swapAt(a, b)
    case 3: node.inputs.append(tensor())
    case 4...7: mutateInput(&node)
    case 8: node.outputs = Int.random(in: 1...6, using: &random)
    case 9: node.opset = Int.random(in: opsets, using: &random)
    default: mutateAttribute(&node)
    }
  }

  // MARK: Inputs

  private mutating func mutateInput(_ node: inout NodeSample) {
    guard let index = node.inputs.indices.randomElement(using: &random),
      case .tensor(let tensor)? = node.inputs[index]
    else { return }
    let changed: Value? =
      switch Int.random(in: 0..<6, using: &random) {
      case 0: self.tensor()
      case 1: retyped(tensor)
      case 2, 3: reshaped(tensor)
      default: filled(tensor)
      }
    if let changed { node.inputs[index] = changed }
  }

  private mutating func tensor() -> Value? {
    let rank = Int.random(in: 0...5, using: &random)
    let dims = (0..<rank).map { _ in [0, 1, 1, 2, 3, 4].randomElement(using: &random) ?? 1 }
    return tensor(ElementType.allCases.randomElement(using: &random) ?? .float, dims)
  }

  private mutating func tensor(_ type: ElementType, _ dims: [Int]) -> Value? {
    guard let shape = try? Shape(dims), shape.count < 1 << 16 else { return nil }
    if type == .string {
      let words = (0..<shape.count).map { _ in ["", "1", "x", "NaN", "日本", "a b"].randomElement(using: &random) ?? "" }
      return (try? Tensor(strings: words, shape: shape)).map { .tensor($0) }
    }
    let isWild = Int.random(in: 0..<3, using: &random) == 0
    var generator = random
    let tensor = try? Tensor(elementType: type, shape: shape) { bytes in
      for i in bytes.indices {
        bytes[i] = isWild ? UInt8.random(in: 0...255, using: &generator) : i % 8 == 0 ? UInt8.random(in: 0...3, using: &generator) : 0
      }
    }
    random = generator
    return tensor.map { .tensor($0) }
  }

  private mutating func retyped(_ tensor: Tensor) -> Value? {
    self.tensor(ElementType.allCases.randomElement(using: &random) ?? .double, tensor.shape.dims)
  }

  private mutating func reshaped(_ tensor: Tensor) -> Value? {
    var dims = tensor.shape.dims
    switch Int.random(in: 0..<5, using: &random) {
    case 0: dims.insert(1, at: Int.random(in: 0...dims.count, using: &random))
    case 1: dims = [tensor.shape.count]
    case 2: if dims.count > 1 { dims = [dims[0] * dims[1]] + dims.dropFirst(2) }
    case 3:
      guard let axis = dims.indices.randomElement(using: &random) else { return nil }
      dims[axis] = 0
    default:
      guard let axis = dims.indices.randomElement(using: &random) else { return nil }
      dims[axis] = Int.random(in: 1...5, using: &random)
    }
    return self.tensor(tensor.elementType, dims)
  }

  /// The same type and shape, with some elements that no index and no size can be.
  private mutating func filled(_ tensor: Tensor) -> Value? {
    guard tensor.elementType != .string, tensor.count > 0, !tensor.elementType.isPacked else { return nil }
    let width = tensor.elementType.bitWidth / 8
    var values: [UInt64] = []
    for _ in 0..<3 {
      values.append(
        tensor.elementType.isFloatingPoint ? bits(of: tensor.elementType) : UInt64(bitPattern: integer()))
    }
    let places = values.map { _ in Int.random(in: 0..<tensor.count, using: &random) }
    let changed = try? Tensor(elementType: tensor.elementType, shape: tensor.shape) { bytes in
      tensor.withBytes { bytes.copyMemory(from: $0) }
      for (value, place) in zip(values, places) {
        for byte in 0..<width { bytes[place * width + byte] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(byte % 8))) }
      }
    }
    return changed.map { .tensor($0) }
  }

  private mutating func integer() -> Int64 {
    let extremes: [Int64] = [
      .min, .max, -1, 0, 1, 2, 3, 7, 100, 1 << 31, -(1 << 31), (1 << 31) - 1, 1 << 40, -(1 << 40), .min + 1, 255, -128, 65536,
    ]
    return extremes.randomElement(using: &random) ?? 0
  }

  private mutating func float() -> Float {
    let extremes: [Float] = [.nan, .infinity, -.infinity, 0, -0.0, 1, -1, 1e30, -1e30, Float.leastNonzeroMagnitude, 0.5, 3e9, -3e9]
    return extremes.randomElement(using: &random) ?? 0
  }

  private mutating func bits(of type: ElementType) -> UInt64 {
    let value = float()
    return switch type {
    case .double: Double(value).bitPattern
    case .float16: UInt64(Float16(value).bitPattern)
    case .bfloat16: UInt64(value.bitPattern >> 16)
    default: UInt64(value.bitPattern)
    }
  }

  // MARK: Attributes

  /// Names that many operators know, for nodes that have none of their own.
  private static let common = [
    "axis", "axes", "alpha", "beta", "mode", "kernel_shape", "strides", "pads", "dilations", "group", "perm", "to",
    "keepdims", "hidden_size", "direction", "num_heads", "blocksize", "epsilon", "scale", "layout", "clip", "k",
    "activations", "output_shape", "auto_pad", "ceil_mode", "block_size", "equation", "num_outputs", "block",
  ]

  private mutating func mutateAttribute(_ node: inout NodeSample) {
    let own = node.attributes.keys.sorted()
    guard let name = (own + (own.isEmpty ? Self.common : [])).randomElement(using: &random) else { return }
    guard let value = node.attributes[name], Int.random(in: 0..<6, using: &random) > 0 else {
      node.attributes[name] = node.attributes[name] == nil ? anything() : nil
      return
    }
    switch value {
    case .graph, .graphs, .type, .types, .sparseTensor, .sparseTensors, .tensors: return
    case _ where Int.random(in: 0..<6, using: &random) == 0: node.attributes[name] = anything()
    case .int: node.attributes[name] = .int(integer())
    case .float: node.attributes[name] = .float(float())
    case .string: node.attributes[name] = .string(word())
    case .ints(let list): node.attributes[name] = .ints(changed(list) { $0.integer() })
    case .floats(let list): node.attributes[name] = .floats(changed(list) { $0.float() })
    case .strings(let list): node.attributes[name] = .strings(changed(list) { $0.word() })
    case .tensor(let tensor):
      let value = Bool.random(using: &random) ? filled(tensor) : reshaped(tensor)
      if let changed = value?.tensor { node.attributes[name] = .tensor(changed) }
    }
  }

  private mutating func word() -> String {
    ["", "NONE", "SAME_UPPER", "linear", "(", "reverse", "ij,jk->ik", "...", "日本", "constant"].randomElement(using: &random) ?? ""
  }

  private mutating func anything() -> AttributeValue {
    switch Int.random(in: 0..<6, using: &random) {
    case 0: return .int(integer())
    case 1: return .float(float())
    case 2: return .string(word())
    case 3: return .floats([float(), float()])
    case 4: return .strings([word()])
    default:
      var list: [Int64] = []
      for _ in 0..<Int.random(in: 0...5, using: &random) { list.append(integer()) }
      return .ints(list)
    }
  }

  private mutating func changed<T>(_ list: [T], _ make: (inout NodeMutator) -> T) -> [T] {
    var list = list
    switch Int.random(in: 0..<5, using: &random) {
    case 0: list.append(make(&self))
    case 1: if !list.isEmpty { list.removeLast() }
    case 2: list = []
    default:
      if let place = list.indices.randomElement(using: &random) { list[place] = make(&self) }
    }
    return list
  }
}
