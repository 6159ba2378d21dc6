import AviaryCore

/// A few numbers that tell a value from others like it without keeping it.
public struct ValueFingerprint: Sendable, Codable, Equatable {
  public let shape: [Int]
  public let mean: Double
  /// Root of the mean square.
  public let rms: Double
  /// The mean with every element's sign turned or not by its position: a permutation changes it.
  public let probe: Double

  public init(shape: [Int], mean: Double, rms: Double, probe: Double) {
    self.shape = shape
    self.mean = mean
    self.rms = rms
    self.probe = probe
  }

  /// - Returns: `nil` for a tensor that holds no numbers.
  public init?(_ tensor: Tensor) {
    guard let reader = NumberReader(tensor) else { return nil }
    var (sum, squares, signed) = (0.0, 0.0, 0.0)
    for start in stride(from: 0, to: tensor.count, by: NumberReader.chunk) {
      let values = reader.values(start..<min(start + NumberReader.chunk, tensor.count))
      for (offset, value) in values.enumerated() {
        sum += value
        squares += value * value
        signed += Self.isTurned(start + offset) ? -value : value
      }
    }
    let count = Double(max(1, tensor.count))
    self.init(
      shape: tensor.shape.dims, mean: sum / count, rms: (squares / count).squareRoot(), probe: signed / count)
  }

  /// Knuth's multiplicative hash of the position: the top bit of 32.
  private static func isTurned(_ position: Int) -> Bool {
    UInt32(truncatingIfNeeded: position) &* 2_654_435_761 >= 0x8000_0000
  }

  /// The largest difference of two fingerprints in units of the value's size; infinite where shapes differ.
  public func relative(to other: ValueFingerprint) -> Double {
    guard shape == other.shape else { return .infinity }
    let size = max(rms, other.rms)
    let largest = [mean - other.mean, rms - other.rms, probe - other.probe].map(\.magnitude).max() ?? 0
    guard largest.isFinite else { return .infinity }
    return size > 0 ? largest / size : largest
  }
}
