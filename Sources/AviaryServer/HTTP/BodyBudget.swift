import AviaryCore

/// The bytes of bodies that the server holds at once: many uploads at the limit must not fill the memory.
final class BodyBudget: Sendable {
  private let limit: Int
  private let held = Guarded(0)

  init(limit: Int) { self.limit = limit }

  /// One body's share; it is given back when the share goes.
  final class Share: Sendable {
    private let budget: BodyBudget
    private let bytes = Guarded(0)

    fileprivate init(_ budget: BodyBudget) { self.budget = budget }

    /// - Throws: `HTTPFailure` 503 where there is no room.
    func take(_ count: Int) throws(HTTPFailure) {
      let fits = budget.held.withLock { held in
        guard count <= budget.limit - held else { return false }
        held += count
        return true
      }
      guard fits else {
        throw .busy("the uploads of others fill the memory that there is for them; try again", closes: true)
      }
      bytes.withLock { $0 += count }
    }

    deinit {
      let count = bytes.withLock { $0 }
      budget.held.withLock { $0 -= count }
    }
  }

  func share() -> Share { Share(self) }
  var bytes: Int { held.withLock { $0 } }
}
