import AviaryCore

/// How many requests may wait or be worked on at once.
final class Admission: Sendable {
  let limit: Int
  private let count = Guarded(0)

  init(limit: Int) { self.limit = max(1, limit) }

  var current: Int { count.withLock { $0 } }
  var isFull: Bool { current >= limit }

  /// A place in the queue, given back when it goes.
  final class Ticket: Sendable {
    private let admission: Admission
    fileprivate init(_ admission: Admission) { self.admission = admission }
    deinit { admission.count.withLock { $0 -= 1 } }
  }

  /// - Throws: `HTTPFailure` 503 where there is no place.
  func admit() throws(HTTPFailure) -> Ticket {
    let fits = count.withLock { count in
      guard count < limit else { return false }
      count += 1
      return true
    }
    guard fits else { throw full }
    return Ticket(self)
  }

  var full: HTTPFailure { .busy("\(limit) requests are waiting already; try again") }
}
