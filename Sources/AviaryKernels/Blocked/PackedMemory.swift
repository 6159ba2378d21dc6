import AviaryCore

#if canImport(Glibc)
  import Glibc
#endif

/// Memory for packed weights, many to a block.
///
/// Weights are read from end to end in every run, and by small pages the look-ups of addresses cost a tenth
/// of a network of pointwise convolutions; but huge pages are slow to get when memory is touched for the
/// first time, which is when somebody waits for a first answer (three times as slow in a virtual machine
/// whose host hands out memory as it is touched). So blocks begin with small pages, and once the first answer
/// is out, `settle` has the system join them into huge ones on a thread of its own.
package enum PackedMemory {
  private struct State {
    /// The block that small requests are cut from, and how much of it is taken.
    var current: TensorBuffer?
    var used = 0
    /// Blocks that have not been joined yet.
    var unsettled: [TensorBuffer] = []
  }

  private static let blockBytes = 8 << 20
  private static let state = Guarded(State())

  /// Bytes on a cache line of their own; what shares a block keeps it alive.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  static func allocate(byteCount: Int) throws(TensorError) -> TensorBuffer {
    guard byteCount < TensorBuffer.hugePage else {
      let buffer = try TensorBuffer(byteCount: byteCount, wantsHugePages: false)
      state.withLock { $0.unsettled.append(buffer) }
      return buffer
    }
    let size = max(64, (byteCount + 63) & ~63)
    let taken = state.withLock { state -> TensorBuffer? in
      guard let current = state.current, blockBytes - state.used >= size else { return nil }
      state.used += size
      return slice(of: current, state.used - size, byteCount)
    }
    if let taken { return taken }
    let fresh = try TensorBuffer(byteCount: blockBytes, wantsHugePages: false)
    state.withLock { state in
      state.current = fresh
      state.used = size
      state.unsettled.append(fresh)
    }
    return slice(of: fresh, 0, byteCount)
  }

  private static func slice(of buffer: TensorBuffer, _ start: Int, _ count: Int) -> TensorBuffer {
    TensorBuffer(
      borrowing: UnsafeRawBufferPointer(start: buffer.base + start, count: count), owner: buffer)
  }

  /// Joins the pages of everything allocated so far, on a thread of its own; called after a first run.
  package static func settle() {
    let blocks = state.withLock { state in
      let blocks = state.unsettled
      state.unsettled = []
      return blocks
    }
    guard !blocks.isEmpty else { return }
    let box = Unmanaged.passRetained(Blocks(blocks))
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Blocks>.fromOpaque(argument).takeRetainedValue().join() }
        return nil
      }, box.toOpaque())
    // Without a thread pages stay small: slower, not wrong.
    if status == 0 { pthread_detach(thread) } else { box.release() }
  }

  private final class Blocks: Sendable {
    private let blocks: [TensorBuffer]
    init(_ blocks: [TensorBuffer]) { self.blocks = blocks }
    func join() { for block in blocks { block.joinPages() } }
  }
}
