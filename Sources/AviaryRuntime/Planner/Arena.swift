import AviaryCore
import Synchronization

enum Arena {
  /// Where a value lies in the arena.
  struct Place: Sendable, Equatable {
    let offset: Int
    let byteCount: Int
  }

  /// Places begin on a cache line.
  static func padded(_ byteCount: Int) -> Int {
    let mask = TensorBuffer.alignment - 1
    return (byteCount + mask) & ~mask
  }
}

/// Arenas of one plan that no run is using; each concurrent run takes its own.
final class ArenaPool: Sendable {
  /// More than this many idle arenas are let go.
  private static let idleLimit = 8

  private let byteCount: Int
  private let idle = Mutex<[TensorBuffer]>([])

  init(byteCount: Int) { self.byteCount = byteCount }

  /// - Throws: `TensorError.outOfMemory`.
  func take() throws(TensorError) -> TensorBuffer {
    if let arena = idle.withLock({ $0.popLast() }) { return arena }
    return try TensorBuffer(byteCount: byteCount)
  }

  func put(_ arena: TensorBuffer) {
    idle.withLock { if $0.count < Self.idleLimit { $0.append(arena) } }
  }
}
