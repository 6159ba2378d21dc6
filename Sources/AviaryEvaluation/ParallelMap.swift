import AviaryCore
import Dispatch

/// What the workers of a parallel map share.
private struct MapState<Result: Sendable> {
  var next = 0
  var done = 0
  var results: [Result?]
  /// The failure of the lowest number; later ones may depend on timing.
  var failure: (number: Int, error: any Error)?

  mutating func claim() -> Int? {
    guard failure == nil, next < results.count else { return nil }
    next += 1
    return next - 1
  }
}

/// Calls `body` for `0 ..< count` on `workers` threads, which take the next number whenever they are free.
///
/// - Parameter progress: told how many are done, under a lock.
/// - Throws: the error of the lowest number that failed: numbers are handed out in order, so every lower one
///   has been tried.
func inParallel<Result: Sendable>(
  _ count: Int, workers: Int, _ body: @Sendable (Int) throws -> Result, progress: @Sendable (Int) -> Void
) throws -> [Result] {
  let state = Guarded(MapState<Result>(results: [Result?](repeating: nil, count: count)))
  DispatchQueue.concurrentPerform(iterations: max(1, workers)) { _ in
    while let number = state.withLock({ $0.claim() }) {
      do {
        let result = try body(number)
        state.withLock {
          $0.results[number] = result
          $0.done += 1
          progress($0.done)
        }
      } catch {
        state.withLock {
          if $0.failure.map({ number < $0.number }) ?? true { $0.failure = (number, error) }
        }
      }
    }
  }
  return try state.withLock { state in
    if let failure = state.failure { throw failure.error }
    return state.results.compactMap { $0 }
  }
}
