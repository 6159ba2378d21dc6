import AviaryCore
import CSIMD

/// Pooling of whole channels.
package enum GlobalPool {
  package enum Kind: Sendable {
    case average, max
    /// (sum of |x|^p)^(1/p).
    case norm(Double)
  }

  /// - Parameters:
  ///   - x: `planes` channels of `area` elements each.
  ///   - y: one element a channel.
  package static func run(
    _ kind: Kind, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, isDouble: Bool, planes: Int,
    area: Int, parallel: any Parallel
  ) {
    func run<T: RealElement>(_ type: T.Type) {
      let input = x.assumingMemoryBound(to: T.self)
      let output = y.assumingMemoryBound(to: T.self)
      parallel.forEach(planes, grain: max(1, 16384 / Swift.max(1, area))) { range in
        for plane in range {
          let channel = UnsafeBufferPointer(start: input + plane * area, count: area)
          switch kind {
          case .average: output[plane] = Moments.sum(channel) { $0 } / T(area)
          case .max: output[plane] = channel.reduce(T.least) { $1.maximum($0) }
          case .norm(let p):
            let power = T(p)
            if p == 2 {
              output[plane] = Moments.sum(channel) { $0 * $0 }.squareRoot()
            } else {
              output[plane] = T.pow(Moments.sum(channel) { T.pow($0.magnitude, power) }, 1 / power)
            }
          }
        }
      }
    }
    if isDouble { return run(Double.self) }
    if case .norm = kind { return run(Float.self) }
    let (input, output) = (x.assumingMemoryBound(to: Float.self), y.assumingMemoryBound(to: Float.self))
    let table = TileKernels.current.table
    parallel.forEach(planes, grain: max(1, 16384 / Swift.max(1, area))) { range in
      for plane in range {
        let channel = input + plane * area
        if case .max = kind {
          output[plane] = table.extreme_row(channel, area, Float.least, 1)
        } else {
          output[plane] = table.sum_row(channel, area) / Float(area)
        }
      }
    }
  }
}
