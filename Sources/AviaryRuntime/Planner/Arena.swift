import AviaryCore

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
