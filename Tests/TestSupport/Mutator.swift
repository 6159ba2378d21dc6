import Foundation

/// SplitMix64: the same numbers on every machine.
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64
  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Damages files the same way for the same seed.
public struct Mutator {
  private let original: [UInt8]
  private var random: SeededGenerator

  public init(_ original: [UInt8], seed: UInt64) {
    self.original = original
    random = SeededGenerator(seed: seed)
  }

  /// How many mutations a test makes: `short`, or fifty times as many where `AVIARY_LONG` is set.
  public static func count(short: Int) -> Int {
    ProcessInfo.processInfo.environment["AVIARY_LONG"] == nil ? short : short * 50
  }

  /// The file with one to four pieces of damage: bits flipped, bytes replaced, pieces cut, doubled or moved,
  /// the end cut off.
  public mutating func next() -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let at = position(in: bytes.count)
      let length = min(bytes.count - at, 1 << Int.random(in: 0...8, using: &random))
      switch Int.random(in: 0..<8, using: &random) {
      case 0, 1, 2: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 3: bytes[at] = [0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF].randomElement(using: &random) ?? 0
      case 4: bytes.removeSubrange(at..<at + length)
      case 5: bytes.insert(contentsOf: bytes[at..<at + length], at: position(in: bytes.count))
      case 6:
        let from = position(in: bytes.count - length + 1)
        bytes.replaceSubrange(at..<at + length, with: Array(bytes[from..<from + length]))
      default: bytes.removeLast(bytes.count - at)
      }
    }
    return bytes
  }

  /// Mostly near the ends, where structure lies in files that are weights for the most part.
  private mutating func position(in count: Int) -> Int {
    switch Int.random(in: 0..<5, using: &random) {
    case 0, 1: Int.random(in: 0..<min(count, 8192), using: &random)
    case 2: count - 1 - Int.random(in: 0..<min(count, 2048), using: &random)
    default: Int.random(in: 0..<count, using: &random)
    }
  }
}
