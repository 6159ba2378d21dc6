import AviaryCore
import Foundation

/// How far outputs may lie from the suite's: `|found - expected| <= atol + rtol * |expected|`, as the suite's
/// own runner compares.
struct Tolerance: Sendable {
  var rtol = 1e-3
  var atol = 1e-7

  /// What the case's `data.json` says, or the suite's defaults.
  init(folder: URL) throws {
    let url = folder.appendingPathComponent("data.json")
    guard let data = try? Data(contentsOf: url) else { return }
    struct File: Decodable {
      var rtol: Double?
      var atol: Double?
    }
    let file = try JSONDecoder().decode(File.self, from: data)
    rtol = file.rtol ?? rtol
    atol = file.atol ?? atol
  }

  /// The first difference, or `nil`.
  func difference(_ found: Value, _ expected: Value) -> String? {
    switch (found, expected) {
    case (.tensor(let a), .tensor(let b)): return difference(a, b)
    case (.sequence(let a, _), .sequence(let b, _)):
      guard a.count == b.count else { return "sequence of \(a.count), expected \(b.count)" }
      return zip(a, b).lazy.compactMap { difference($0, $1) }.first
    case (.optional(nil, _), .optional(nil, _)): return nil
    case (.optional(let a?, _), .optional(let b?, _)): return difference(a, b)
    case (.map(let a), .map(let b)):
      guard a.keys == b.keys, a.values.count == b.values.count else { return "maps have different keys" }
      return zip(a.values, b.values).lazy.compactMap { difference($0, $1) }.first
    default: return "another kind of value"
    }
  }

  private func difference(_ found: Tensor, _ expected: Tensor) -> String? {
    guard found.elementType == expected.elementType else {
      return "element type \(found.elementType.name), expected \(expected.elementType.name)"
    }
    guard found.shape == expected.shape else { return "shape \(found.shape), expected \(expected.shape)" }
    do {
      switch found.elementType {
      case .float: return close(try found.array(of: Float.self), try expected.array(of: Float.self), rtol) { Double($0) }
      case .double: return close(try found.array(of: Double.self), try expected.array(of: Double.self), rtol) { $0 }
      case .float16:
        return close(try found.array(of: Float16.self), try expected.array(of: Float16.self), rtol) { Double($0) }
      case .bfloat16:
        // A bfloat16 has 8 significant bits: results that differ by one rounding are equal.
        return close(
          try found.array(of: BFloat16.self), try expected.array(of: BFloat16.self), max(rtol, 0x1p-6)
        ) { Double(Float($0)) }
      case .complex64, .complex128: return closeBytes(found, expected)
      case .string:
        return try found.strings() == expected.strings() ? nil : "strings differ"
      default: return same(found, expected)
      }
    } catch { return "\(error)" }
  }

  private func close<T>(_ found: [T], _ expected: [T], _ rtol: Double, _ value: (T) -> Double) -> String? {
    for (index, pair) in zip(found, expected).enumerated() {
      let (a, b) = (value(pair.0), value(pair.1))
      if a == b || (a.isNaN && b.isNaN) { continue }
      guard (a - b).magnitude <= atol + rtol * b.magnitude else { return "element \(index) is \(a), expected \(b)" }
    }
    return nil
  }

  /// Complex numbers as pairs of reals.
  private func closeBytes(_ found: Tensor, _ expected: Tensor) -> String? {
    func parts(_ tensor: Tensor) -> [Double] {
      tensor.withBytes { bytes in
        tensor.elementType == .complex64
          ? bytes.bindMemory(to: Float.self).map { Double($0) } : Array(bytes.bindMemory(to: Double.self))
      }
    }
    return close(parts(found), parts(expected), rtol) { $0 }
  }

  /// Integers and the small floats: every bit, but for the padding at the end of packed types.
  private func same(_ found: Tensor, _ expected: Tensor) -> String? {
    func bytes(_ tensor: Tensor) -> [UInt8] {
      var bytes = tensor.withBytes { Array($0) }
      let used = tensor.count * tensor.elementType.bitWidth % 8
      if tensor.elementType.isPacked, used != 0, !bytes.isEmpty { bytes[bytes.count - 1] &= UInt8((1 << used) - 1) }
      return bytes
    }
    let (a, b) = (bytes(found), bytes(expected))
    return zip(a, b).enumerated().first { $1.0 != $1.1 }.map { "byte \($0.offset) is \($0.element.0), expected \($0.element.1)" }
  }
}

extension MapValue.Keys {
  static func == (a: Self, b: Self) -> Bool {
    switch (a, b) {
    case (.integers(let aType, let aKeys), .integers(let bType, let bKeys)): aType == bType && aKeys == bKeys
    case (.strings(let aKeys), .strings(let bKeys)): aKeys == bKeys
    default: false
    }
  }
}
