import AviaryCore

/// One block of memory cut into slots, one for each thread that may work at once.
///
/// Why `@unchecked Sendable` holds: a slot is used by the thread that took it, until it gives it back.
package final class WorkerScratch<Element: BitwiseCopyable>: @unchecked Sendable {
  private let base: UnsafeMutablePointer<Element>?
  private let slotSize: Int
  private let free: Guarded<[Int]>

  /// - Parameters:
  ///   - memory: at least `slots * slotSize` elements.
  ///   - slots: the most threads that call `withSlot` at once (`Parallel.threads`).
  package init(_ memory: UnsafeMutableBufferPointer<Element>, slots: Int, slotSize: Int) {
    precondition(slots >= 1 && slotSize >= 0 && memory.count / slots >= slotSize)
    self.base = memory.baseAddress
    self.slotSize = slotSize
    self.free = Guarded(Array(0..<slots))
  }

  /// Calls `body` with a slot that nobody else uses meanwhile, its content unspecified.
  package func withSlot(_ body: (UnsafeMutablePointer<Element>) -> Void) {
    let slot = free.withLock { $0.popLast() }
    guard let base, let slot else {
      // More threads than were promised: slower, never wrong.
      let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(1, slotSize))
      defer { memory.deallocate() }
      return body(memory)
    }
    body(base + slot * slotSize)
    free.withLock { $0.append(slot) }
  }
}
