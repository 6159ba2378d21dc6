import AviaryCore
import ServiceLifecycle

/// Ends what takes longer than it may. Looks ten times a second, so that a request costs no timer of its own.
final class Deadlines: Service {
  private struct Entry {
    let deadline: ContinuousClock.Instant
    let expire: @Sendable () -> Void
  }

  private struct State {
    var next: UInt64 = 0
    var entries: [UInt64: Entry] = [:]
  }

  private let state = Guarded(State())

  /// - Returns: a number to take it back with.
  func add(_ deadline: ContinuousClock.Instant, expire: @escaping @Sendable () -> Void) -> UInt64 {
    state.withLock { state in
      state.next += 1
      state.entries[state.next] = Entry(deadline: deadline, expire: expire)
      return state.next
    }
  }

  func remove(_ number: UInt64) { state.withLock { _ = $0.entries.removeValue(forKey: number) } }

  func run() async throws {
    // The group ends its services one by one, the last first: this one when no request is left.
    try? await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try await Task.sleep(for: .milliseconds(100))
        self.expire(now: .now)
      }
    }
  }

  func expire(now: ContinuousClock.Instant) {
    let late = state.withLock { state -> [Entry] in
      let late = state.entries.filter { $0.value.deadline <= now }
      for number in late.keys { state.entries[number] = nil }
      return Array(late.values)
    }
    for entry in late { entry.expire() }
  }
}
