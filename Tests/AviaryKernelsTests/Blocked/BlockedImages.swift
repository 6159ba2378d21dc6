import AviaryKernels
import TestSupport

/// Images in blocked layout, element by element.
enum BlockedImages {
  /// What stands in the channels that nobody may let into a result.
  static let filler: Float = 7

  /// N x C x area as N x C/c x area x c.
  static func blocked(_ plain: [Float], batch: Int, channels: Int, area: Int, lanes: Int) -> [Float] {
    let blocks = (channels + lanes - 1) / lanes
    var result = [Float](repeating: filler, count: batch * blocks * area * lanes)
    for n in 0..<batch {
      for c in 0..<channels {
        for p in 0..<area {
          result[((n * blocks + c / lanes) * area + p) * lanes + c % lanes] = plain[(n * channels + c) * area + p]
        }
      }
    }
    return result
  }

  /// And back.
  static func plain(_ blocked: [Float], batch: Int, channels: Int, area: Int, lanes: Int) -> [Float] {
    let blocks = (channels + lanes - 1) / lanes
    var result: [Float] = []
    result.reserveCapacity(batch * channels * area)
    for n in 0..<batch {
      for c in 0..<channels {
        for p in 0..<area {
          result.append(blocked[((n * blocks + c / lanes) * area + p) * lanes + c % lanes])
        }
      }
    }
    return result
  }
}

/// Memory that a kernel writes: `count` floats of NaN, and behind them some that nobody may touch.
struct GuardedFloats {
  private static let mark: Float = 12345.5
  private static let margin = 64
  private(set) var values: [Float]
  let count: Int

  init(_ count: Int, from values: [Float]? = nil) {
    self.count = count
    self.values = (values ?? [Float](repeating: .nan, count: count)) + [Float](repeating: Self.mark, count: Self.margin)
  }

  /// Runs `body` on the memory; false where it wrote beyond the end.
  mutating func write(_ body: (UnsafeMutablePointer<Float>) throws -> Void) rethrows -> Bool {
    try values.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { try body(base) } }
    return values[count...].allSatisfy { $0 == Self.mark }
  }

  var written: [Float] { Array(values.prefix(count)) }
}
