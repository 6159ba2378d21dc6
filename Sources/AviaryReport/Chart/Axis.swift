import Foundation

/// Round numbers along the side of a chart.
enum Axis {
  struct Tick: Equatable {
    let value: Double
    /// Decimals that tell the ticks apart.
    let digits: Int

    var decimal: String { NumberText.fixed(value, digits: digits) }
    /// The value as a share of one.
    var percent: String { NumberText.percent(value, digits: max(0, digits - 2)) }
  }

  /// Multiples of 1, 2, 2.5 or 5 times a power of ten from zero up to `maximum`, about `count` steps.
  static func ticks(upTo maximum: Double, count: Int) -> [Tick] {
    guard maximum.isFinite, maximum > 0, count > 0 else { return [Tick(value: 0, digits: 0)] }
    let raw = maximum / Double(count)
    let power = pow(10, (log10(raw)).rounded(.down))
    let step = power * ([1, 2, 2.5, 5, 10].first { $0 * power >= raw * 0.999 } ?? 10)
    let digits =
      (0...12).first { digits in
        let scaled = step * pow(10, Double(digits))
        return (scaled - scaled.rounded()).magnitude < scaled * 1e-9
      } ?? 12
    return (0...count + 1).map { Double($0) * step }.filter { $0 <= maximum * 1.0001 }
      .map { Tick(value: $0, digits: digits) }
  }

  /// The smallest of 1, 2, 3, 4, 5, 6, 8, 10 times a power of ten that is not below `value`.
  static func ceiling(_ value: Double) -> Double {
    guard value.isFinite, value > 0 else { return 1 }
    let power = pow(10, log10(value).rounded(.down))
    return power * ([1, 2, 3, 4, 5, 6, 8, 10].first { $0 * power >= value * 0.999_999 } ?? 10)
  }
}
