import AviaryCore

/// Whether the server takes requests or is on its way out.
final class Phase: Sendable {
  private let stopping = Guarded(false)
  var isStopping: Bool { stopping.withLock { $0 } }
  func stop() { stopping.withLock { $0 = true } }
}
