import Foundation

/// Every sample's probabilities in a few bits each, in the order of the split: ten bytes a sample of seven
/// classes, where text takes a hundred.
///
/// A sample is the number of its likeliest class (just enough bits for the number of classes), then for every
/// other class `-log(p) / step`, rounded, in 12 bits; the likeliest one's probability is what is left of 1.
/// Bits are written most significant first, without gaps between samples, the last byte filled up with zeros.
public struct PackedScores: Sendable, Equatable, Codable {
  public let samples: Int
  /// Natural logarithms of probabilities are known to half of this.
  public let step: Double
  /// Base 64.
  public let data: String

  private static let bits = 12
  /// Probabilities below count as this one.
  private static let least = 1e-6
  private static let step = -log(least) / Double((1 << bits) - 1)
  static let mostSamples = 10_000_000

  /// - Parameter predicted: the likeliest class of each row, which decides ties.
  public init(rows: [[Float]], predicted: [Int]) {
    var writer = BitWriter()
    for (row, top) in zip(rows, predicted) {
      writer.append(top, bits: Self.indexBits(row.count))
      for (index, value) in row.enumerated() where index != top {
        let probability = min(1, max(Self.least, Double(value)))
        writer.append(Int((-log(probability) / Self.step).rounded()), bits: Self.bits)
      }
    }
    samples = rows.count
    step = Self.step
    data = Data(writer.finish()).base64EncodedString()
  }

  /// - Returns: the likeliest class and the probabilities of each sample.
  /// - Throws: `ZooError.manifest` where the data are not those of so many samples and classes.
  public func rows(classes: Int, path: String) throws(ZooError) -> [(predicted: Int, scores: [Float])] {
    func refuse(_ problem: String) -> ZooError { .manifest(path: path, problem: "packed scores: \(problem)") }
    guard (2...65_536).contains(classes), (1...Self.mostSamples).contains(samples), step > 0, step.isFinite
    else {
      throw refuse("\(samples) samples of \(classes) classes in steps of \(step)")
    }
    guard let bytes = Data(base64Encoded: data) else { throw refuse("are not base 64") }
    let perSample = Self.indexBits(classes) + (classes - 1) * Self.bits
    guard bytes.count == (samples * perSample + 7) / 8 else {
      throw refuse("\(bytes.count) bytes, needs \((samples * perSample + 7) / 8)")
    }
    var reader = BitReader(bytes: [UInt8](bytes))
    var rows: [(predicted: Int, scores: [Float])] = []
    rows.reserveCapacity(samples)
    for number in 0..<samples {
      let top = reader.read(Self.indexBits(classes))
      guard top < classes else { throw refuse("sample \(number) has the class \(top) of \(classes)") }
      var scores = [Float](repeating: 0, count: classes)
      var rest = 1.0
      for index in 0..<classes where index != top {
        let probability = exp(-Double(reader.read(Self.bits)) * step)
        scores[index] = Float(probability)
        rest -= probability
      }
      // Rounding must not make the likeliest one less than the others.
      scores[top] = max(Float(rest), scores.max() ?? 0)
      rows.append((top, scores))
    }
    return rows
  }

  private static func indexBits(_ classes: Int) -> Int {
    Int.bitWidth - max(1, classes - 1).leadingZeroBitCount
  }
}

private struct BitWriter {
  private var bytes: [UInt8] = []
  private var pending: UInt64 = 0
  private var count = 0

  /// The lowest `bits` of `value`, at most 32.
  mutating func append(_ value: Int, bits: Int) {
    let mask = (UInt64(1) << UInt64(bits)) - 1
    pending = pending << UInt64(bits) | (UInt64(max(0, value)) & mask)
    count += bits
    while count >= 8 {
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: pending >> UInt64(count)))
    }
  }

  mutating func finish() -> [UInt8] {
    if count > 0 { append(0, bits: 8 - count) }
    return bytes
  }
}

private struct BitReader {
  let bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// The next `bits`, at most 32; beyond the end there are zeros.
  mutating func read(_ bits: Int) -> Int {
    var value = 0
    for _ in 0..<bits {
      let byte = position >> 3 < bytes.count ? bytes[position >> 3] : 0
      value = value << 1 | Int(byte >> UInt8(7 - position & 7) & 1)
      position += 1
    }
    return value
  }
}
