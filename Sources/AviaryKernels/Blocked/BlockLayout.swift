import AviaryCore
import CSIMD

/// The blocked layout N x C/c x H x W x c of an image: `lanes` (c) channels of a pixel stand side by side, as
/// wide as a vector register, so that every kernel works on whole registers whatever the image's size.
///
/// The last block is filled up with channels that nobody reads: weights for them are 0.
package struct BlockLayout: Sendable, Equatable {
  package let lanes: Int

  package init(lanes: Int) { self.lanes = lanes }

  /// The layout of the instruction set in use.
  package static let current = BlockLayout(lanes: Int(TileKernels.current.table.lanes))

  /// Blocks that `channels` take.
  package func blocks(_ channels: Int) -> Int {
    channels / lanes + (channels % lanes == 0 ? 0 : 1)
  }

  /// Extents in blocked layout of N x C x H x W.
  package func dims(_ dims: [Int]) -> [Int] { [dims[0], blocks(dims[1])] + dims[2...] + [lanes] }
}

/// Constant floats of a kernel, 64-byte aligned.
package struct AlignedFloats: Sendable {
  private let buffer: TensorBuffer
  package let count: Int

  /// Zeros, which `fill` may replace.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  package init(count: Int, fill: (UnsafeMutablePointer<Float>) -> Void = { _ in }) throws(TensorError) {
    self.count = count
    guard count >= 0, count <= Int.max >> 3 else { throw .outOfMemory(bytes: .max) }
    buffer = try PackedMemory.allocate(byteCount: count * 4)
    let base = buffer.base.bindMemory(to: Float.self, capacity: max(1, count))
    base.initialize(repeating: 0, count: count)
    fill(base)
  }

  /// Without the zeros: `fill` writes every element.
  package init(
    uninitialized count: Int, fill: (UnsafeMutablePointer<Float>) -> Void
  ) throws(TensorError) {
    self.count = count
    guard count >= 0, count <= Int.max >> 3 else { throw .outOfMemory(bytes: .max) }
    buffer = try PackedMemory.allocate(byteCount: count * 4)
    fill(buffer.base.bindMemory(to: Float.self, capacity: max(1, count)))
  }

  package var base: UnsafePointer<Float> { UnsafePointer(buffer.base.assumingMemoryBound(to: Float.self)) }
}

/// Constant offsets of a kernel, in floats.
package struct Offsets: Sendable {
  private let buffer: TensorBuffer
  package let count: Int

  /// - Throws: `TensorError.outOfMemory`.
  package init(_ values: [Int]) throws(TensorError) {
    count = values.count
    buffer = try TensorBuffer(byteCount: values.count * MemoryLayout<Int>.stride)
    let base = buffer.base.bindMemory(to: Int.self, capacity: max(1, count))
    for (index, value) in values.enumerated() { base[index] = value }
  }

  package var base: UnsafePointer<Int> { UnsafePointer(buffer.base.assumingMemoryBound(to: Int.self)) }
}
