import AviaryCore
import Foundation

/// A bar on stderr, where that is a terminal; nothing otherwise.
final class ProgressBar: Sendable {
  private struct State {
    var started = ContinuousClock.now
    var shown: ContinuousClock.Instant?
  }
  private let title: String
  private let state = Guarded(State())

  init(_ title: String) { self.title = title }

  func update(_ done: Int, of total: Int) {
    guard Console.isErrorTerminal, total > 0 else { return }
    let now = ContinuousClock.now
    let seconds: Double? = state.withLock { state in
      if done < total, let shown = state.shown, now - shown < .milliseconds(100) { return nil }
      state.shown = now
      return (now - state.started).seconds
    }
    guard let seconds else { return }
    let width = 30
    let filled = width * min(done, total) / total
    let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: width - filled)
    let rate = seconds > 0 ? Double(done) / seconds : 0
    Console.overwrite("\(title) [\(bar)] \(done)/\(total)  \(Int(rate))/s ", isLast: done >= total)
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
  var milliseconds: Double { seconds * 1e3 }
}
