import AviaryCore
import CSIMD
import Synchronization

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

/// Memory for packed weights, many to a block of huge pages: weights are read from end to end in every run,
/// and by small pages the look-ups of addresses cost more than a tenth of a pointwise convolution.
enum PackedMemory {
  private struct Block {
    var buffer: TensorBuffer
    var used: Int
  }

  private static let blockBytes = 8 << 20
  private static let current = Mutex<Block?>(nil)

  /// Bytes on a cache line of their own; what shares a block keeps it alive.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  static func allocate(byteCount: Int) throws(TensorError) -> TensorBuffer {
    guard byteCount < TensorBuffer.hugePage else { return try TensorBuffer(byteCount: byteCount) }
    let size = max(64, (byteCount + 63) & ~63)
    let taken = current.withLock { block -> TensorBuffer? in
      guard var some = block, blockBytes - some.used >= size else { return nil }
      let start = some.used
      some.used += size
      block = some
      return slice(of: some.buffer, start, byteCount)
    }
    if let taken { return taken }
    let fresh = try TensorBuffer(byteCount: blockBytes)
    current.withLock { $0 = Block(buffer: fresh, used: size) }
    return slice(of: fresh, 0, byteCount)
  }

  private static func slice(of buffer: TensorBuffer, _ start: Int, _ count: Int) -> TensorBuffer {
    TensorBuffer(
      borrowing: UnsafeRawBufferPointer(start: buffer.base + start, count: count), owner: buffer)
  }
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
