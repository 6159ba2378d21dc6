import AviaryCore

/// Frames of a session's plans that no run is using; each concurrent run takes its own.
///
/// What is kept is bounded in number and bytes, the longest unused going first, so that a session that has
/// seen many input shapes does not keep an arena for each.
final class FramePool: Sendable {
  private struct Idle {
    var frames: [Frame] = []
    var bytes = 0
  }

  /// Most idle frames, and most bytes of all but the one used last.
  private let limit: (frames: Int, bytes: Int)
  private let idle: Guarded<Idle>

  init(frames: Int = 8, bytes: Int = 256 << 20) {
    limit = (max(1, frames), bytes)
    var idle = Idle()
    idle.frames.reserveCapacity(limit.frames + 1)
    self.idle = Guarded(idle)
  }

  /// An idle frame of the plan, or a new one.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  func take(_ plan: Plan, _ program: Program) throws(TensorError) -> Frame {
    let found = idle.withLock { idle -> Frame? in
      guard let index = idle.frames.lastIndex(where: { $0.plan === plan }) else { return nil }
      let frame = idle.frames.remove(at: index)
      idle.bytes -= frame.arena.byteCount
      return frame
    }
    if let found { return found }
    return try Frame(plan, program)
  }

  func put(_ frame: Frame) {
    frame.plan.settle()
    // Frames are let go outside the lock: unmapping an arena takes its time.
    while let last = surplus(after: frame) { _ = last }
  }

  /// Bytes of all idle arenas.
  var idleBytes: Int { idle.withLock { $0.bytes } }
  var idleCount: Int { idle.withLock { $0.frames.count } }

  /// Adds the frame where it is not there yet; then takes out one that is too much.
  private func surplus(after frame: Frame) -> Frame? {
    idle.withLock { idle in
      if idle.frames.last !== frame {
        idle.frames.append(frame)
        idle.bytes += frame.arena.byteCount
      }
      guard idle.frames.count > 1,
        idle.frames.count > limit.frames || idle.bytes - frame.arena.byteCount > limit.bytes
      else { return nil }
      let oldest = idle.frames.removeFirst()
      idle.bytes -= oldest.arena.byteCount
      return oldest
    }
  }
}
