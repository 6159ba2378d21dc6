import AviaryCore
import TestSupport
import Testing

@testable import AviaryOperators

private let families: [(String, [any Operator.Type])] = [
  ("Elementwise/golden_elementwise.json", ElementwiseOperators.all),
  ("Reduction/golden_reduction.json", ReductionOperators.all),
  ("Quantization/golden_quantization.json", QuantizationOperators.all),
  ("Shape/golden_shape.json", ShapeOperators.all),
  ("Indexing/golden_indexing.json", IndexingOperators.all),
  ("Generation/golden_generation.json", GenerationOperators.all),
  ("Resize/golden_resize.json", ResizeOperators.all),
  ("Detection/golden_detection.json", DetectionOperators.all),
  ("Recurrent/golden_recurrent.json", RecurrentOperators.all),
  ("Signal/golden_signal.json", SignalOperators.all),
  ("Integer/golden_integer.json", IntegerOperators.all),
]

@Test("Every operator of a family has golden values, and only those", arguments: families.indices)
func familyIsCovered(_ index: Int) throws {
  let (path, operators) = families[index]
  let listed = Set(operators.map { $0.id.name })
  let tested = Set(try golden(path).map(\.operator))
  #expect(listed == tested)
}

/// Numbers from a seed, so that a failure can be repeated (splitmix64).
private struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

private func randomTensor(_ random: inout SeededGenerator) throws -> Tensor {
  let rank = Int.random(in: 0...4, using: &random)
  let shape = try Shape((0..<rank).map { _ in [0, 1, 1, 2, 3].randomElement(using: &random) ?? 1 })
  let type = ElementType.allCases.randomElement(using: &random) ?? .float
  if type == .string {
    let words = ["", "1", "x", "NaN", "-7.5", "1e400"]
    let strings = (0..<shape.count).map { _ in words.randomElement(using: &random) ?? "" }
    return try Tensor(strings: strings, shape: shape)
  }
  return try Tensor(elementType: type, shape: shape) { bytes in
    // Random bits hold NaN, infinities, extremes and bytes that are no bool.
    for i in bytes.indices { bytes[i] = UInt8.random(in: 0...255, using: &random) }
    if Bool.random(using: &random) { for i in bytes.indices where i % 8 != 0 { bytes[i] = 0 } }
  }
}

private let attributeNames = [
  "axis", "axes", "keepdims", "to", "min", "max", "alpha", "direction", "block_size", "output_dtype",
  "broadcast", "fmod", "noop_with_empty_axes", "precision", "saturate", "round_mode", "exclusive",
  "perm", "shape", "starts", "ends", "pads", "paddings", "mode", "split", "num_outputs", "start", "end", "k",
  "blocksize", "strides", "dilations", "kernel_shape", "pooled_shape", "batch_dims", "depth", "scales",
  "output_height", "output_width", "sampling_ratio", "equation", "allowzero", "value_int", "value_ints",
  "hidden_size", "layout", "clip", "inverse", "onesided", "periodic", "output_datatype", "group",
]

/// Extents are random too: what is asked for must not be had.
private let smallLimits: Limits = {
  var limits = Limits()
  limits.tensorBytes = 1 << 16
  return limits
}()

private func randomAttribute(_ random: inout SeededGenerator) -> AttributeValue {
  let extremes: [Int64] = [.min, .max, -5, -2, -1, 0, 1, 2, 3, 7, 8, 17, 21, 23, 24, 26]
  func int() -> Int64 { extremes.randomElement(using: &random) ?? 0 }
  switch Int.random(in: 0..<5, using: &random) {
  case 0, 1: return .int(int())
  case 2: return .ints([int(), int()])
  case 3: return .float([.nan, .infinity, -1, 0, 3e38].randomElement(using: &random) ?? 0)
  default:
    return .string(
      ["LEFT", "down", "tanh", "", "linear", "cubic", "edge", "wrap", "ij,jk->ik", "...i->i..."]
        .randomElement(using: &random) ?? "")
  }
}

@Test("Whatever it is given, an operator answers or refuses", arguments: families.indices)
func operatorsNeverTrap(_ family: Int) throws {
  var (answered, refused) = (0, 0)
  for (number, type) in families[family].1.enumerated() {
    for seed in 0..<60 {
      var random = SeededGenerator(state: UInt64(number * 1000 + seed))
      var tensors: [Tensor?] = try (0..<Int.random(in: 0...4, using: &random)).map { _ in
        try randomTensor(&random)
      }
      // Operands of one type and shape get past the first checks more often.
      if Bool.random(using: &random), let first = tensors.first, tensors.count > 1 {
        tensors[1] = first
        if tensors.count > 2 { tensors[2] = seed % 2 == 0 ? first : nil }
      }
      var attributes: [String: AttributeValue] = [:]
      for name in attributeNames where Int.random(in: 0..<4, using: &random) == 0 {
        attributes[name] = randomAttribute(&random)
      }
      let opset = Int.random(in: type.opsets, using: &random)
      do {
        var decoded = Attributes(attributes)
        let op = try type.init(attributes: &decoded, opset: opset)
        _ = try op.infer(tensors.map { $0.map { ValueInfo($0.elementType, $0.shape.dims) } ?? .absent })
        _ = try op.infer(tensors.map { $0.map { ValueInfo(constant: .tensor($0)) } ?? .absent })
        _ = try op.infer(tensors.map { _ in .unknown })
        try op.run(
          RunContext(
            inputs: tensors.map { $0.map(Value.tensor) }, outputCount: seed % 4, limits: smallLimits))
        answered += 1
      } catch is OperatorError {
        refused += 1
      } catch is ImportError {
        refused += 1
      }
    }
  }
  #expect(refused > 0)
  // Boxes and scores that fit each other do not come about by chance.
  #expect(answered > 0 || ["Detection", "Recurrent", "Integer"].contains { families[family].0.hasPrefix($0) })
}

@Test("Running refuses what inference would have refused", arguments: families.indices)
func runChecksForItself(_ family: Int) throws {
  // `run` must not trust `infer`: here nothing is inferred at all.
  for (number, type) in families[family].1.enumerated() {
    for seed in 0..<40 {
      var random = SeededGenerator(state: UInt64(7_000_000 + number * 1000 + seed))
      let tensors = try (0..<Int.random(in: 0...3, using: &random)).map { _ in try randomTensor(&random) }
      var decoded = Attributes([
        "to": .int(1), "direction": .string("LEFT"), "axis": .int(Int64(seed % 5 - 2)),
      ])
      guard let op = try? type.init(attributes: &decoded, opset: type.opsets.upperBound) else { continue }
      let context = RunContext(inputs: tensors.map(Value.tensor), outputCount: 3, limits: smallLimits)
      do { try op.run(context) } catch { #expect(error.message.isEmpty == false) }
    }
  }
}
