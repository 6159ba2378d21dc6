import AviaryCore
import CSIMD

/// A causal depthwise convolution of rows that begin with a state.
package struct CausalConv: Sendable {
  package let planes, channels, length, taps: Int
  /// Whether results pass x * sigmoid(x).
  let isGated: Bool
  private let kernels = TileKernels.current

  /// - Parameter planes: rows, of `channels` channels one after the other, again and again.
  package init(planes: Int, channels: Int, length: Int, taps: Int, isGated: Bool) {
    self.planes = planes
    self.channels = channels
    self.length = length
    self.taps = taps
    self.isGated = isGated
  }

  /// - Parameters:
  ///   - past: taps - 1 elements a row; zeros where absent.
  ///   - padded: receives length + taps - 1 elements a row.
  package func run(
    _ x: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    past: UnsafePointer<Float>?, padded: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    parallel: any Parallel
  ) {
    let before = taps - 1
    let offsets = Array(0..<taps)
    parallel.forEach(planes, grain: max(1, 8192 / max(1, length * taps))) { range in
      for plane in range {
        let channel = plane % channels
        let row = padded + plane * (length + before)
        if let past {
          row.update(from: past + plane * before, count: before)
        } else {
          row.update(repeating: 0, count: before)
        }
        (row + before).update(from: x + plane * length, count: length)
        let to = y + plane * length
        kernels.table.taps(row, offsets, weights + channel * taps, taps, bias?[channel] ?? 0, to, length)
        if isGated { VectorMath.silu(to, to, length) }
      }
    }
  }

  /// The last taps - 1 elements of every row that `run` has padded.
  package func state(_ padded: UnsafePointer<Float>, _ state: UnsafeMutablePointer<Float>) {
    let before = taps - 1
    for plane in 0..<planes {
      (state + plane * before).update(from: padded + (plane * (length + before) + length), count: before)
    }
  }
}
