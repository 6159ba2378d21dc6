import AviaryCore
import CSIMD

/// Weights of integer products as 16-bit numbers, packed for `short_strip`: panels of channels, each with its
/// steps, pairs of depth, and two numbers a channel; what is missing is 0.
package struct ShortPanels: Sendable {
  package let channels: Int
  let steps: Int
  let pairs: Int
  private let buffer: TensorBuffer

  /// Channels of a panel.
  static var width: Int { Int(aviary_kernels().pointee.tile_cols) }
  var panels: Int { (channels + Self.width - 1) / Self.width }

  func panel(_ index: Int) -> UnsafePointer<Int16> {
    UnsafePointer(buffer.base.assumingMemoryBound(to: Int16.self) + index * Self.width * steps * pairs * 2)
  }

  /// - Parameters:
  ///   - steps: how often inputs that lie together begin anew.
  ///   - run: inputs that lie together.
  ///   - value: the weight of a channel, a step, and an input of it.
  /// - Throws: `TensorError.outOfMemory`.
  package init(
    channels: Int, steps: Int, run: Int, value: (Int, Int, Int) -> Int16
  ) throws(TensorError) {
    self.channels = channels
    self.steps = steps
    pairs = (run + 1) / 2
    let width = Self.width
    let panels = (channels + width - 1) / width
    let (depth, deep) = (steps * 2).multipliedReportingOverflow(by: pairs)
    let (count, wide) = depth.multipliedReportingOverflow(by: panels * width)
    guard !deep, !wide, count <= Int.max / 4 else { throw .outOfMemory(bytes: .max) }
    buffer = try TensorBuffer(byteCount: count * 2)
    var target = buffer.base.bindMemory(to: Int16.self, capacity: max(1, count))
    for panel in 0..<panels {
      for step in 0..<steps {
        for pair in 0..<pairs {
          for channel in panel * width..<(panel + 1) * width {
            for i in 2 * pair...2 * pair + 1 {
              target.pointee = channel < channels && i < run ? value(channel, step, i) : 0
              target += 1
            }
          }
        }
      }
    }
  }
}

/// What becomes of 32-bit sums.
package enum IntegerResult: Sendable {
  case sums(UnsafeTarget<Int32>)
  /// saturate(round((sum + bias) * scale) + zero), one bias and scale a channel.
  case bytes(UnsafeTarget<UInt8>, Requantization)

  /// An address that a kernel writes while it runs; iterations write disjoint memory.
  package struct UnsafeTarget<T>: @unchecked Sendable {
    package let base: UnsafeMutablePointer<T>
    package init(_ base: UnsafeMutablePointer<T>) { self.base = base }
  }
}

/// From sums to bytes. Entries are padded to whole panels, group by group.
package struct Requantization: Sendable {
  let bias: [Int32]
  let scale: [Float]
  let zero: Int32
  let isSigned: Bool

  /// - Parameters:
  ///   - channels: of all groups.
  ///   - scale: one value, or one a channel.
  package init(
    channels: Int, groups: Int, bias: [Int32]?, scale: [Float], zero: Int32, isSigned: Bool
  ) {
    self.zero = zero
    self.isSigned = isSigned
    let width = ShortPanels.width
    let size = channels / max(1, groups)
    let padded = (size + width - 1) / width * width
    var (biases, scales) = ([Int32](repeating: 0, count: groups * padded), [Float](repeating: 0, count: groups * padded))
    for group in 0..<groups {
      for c in 0..<size {
        biases[group * padded + c] = bias?[group * size + c] ?? 0
        scales[group * padded + c] = scale.count == 1 ? scale[0] : scale[group * size + c]
      }
    }
    self.bias = biases
    self.scale = scales
  }

  func factor(_ channel: Int, _ factor: Float) -> Float { scale[channel] * factor }
}
