import AviaryCore

/// An answer that somebody waits for and several may give: the first one counts.
final class Completion<Value: Sendable>: Sendable {
  private enum State {
    case empty
    case waiting(CheckedContinuation<Value, any Error>)
    case early(Result<Value, any Error>)
    case done
  }

  private let state = Guarded(State.empty)

  /// Waits for the answer. To be called once.
  func value() async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let early = state.withLock { state -> Result<Value, any Error>? in
        if case .early(let result) = state {
          state = .done
          return result
        }
        state = .waiting(continuation)
        return nil
      }
      if let early { continuation.resume(with: early) }
    }
  }

  /// - Returns: whether this was the first answer.
  @discardableResult
  func resolve(_ result: Result<Value, any Error>) -> Bool {
    var continuation: CheckedContinuation<Value, any Error>?
    let isFirst = state.withLock { state -> Bool in
      switch state {
      case .empty: state = .early(result)
      case .waiting(let waiting):
        continuation = waiting
        state = .done
      case .early, .done: return false
      }
      return true
    }
    continuation?.resume(with: result)
    return isFirst
  }

  /// Whether nobody needs the answer any more.
  var isResolved: Bool {
    state.withLock { state in
      switch state {
      case .empty, .waiting: false
      case .early, .done: true
      }
    }
  }
}
