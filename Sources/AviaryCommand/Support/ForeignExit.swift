import Aviary
import AviaryCore
import Foundation

/// Notices that a plugin ended the process, which would look like a command that is done.
enum ForeignExit {
  private struct State {
    var plugins: [String] = []
    var isExpected = false
  }

  private static let state = Guarded(State())

  /// From now on an end that the command does not announce is an error.
  static func watch(_ plugins: [String]) {
    let isFirst = state.withLock { state in
      defer { state.plugins += plugins.filter { !state.plugins.contains($0) } }
      return state.plugins.isEmpty
    }
    guard isFirst else { return }
    atexit {
      let plugins = ForeignExit.state.withLock { $0.isExpected ? nil : $0.plugins }
      guard let plugins else { return }
      Console.note(
        "error: a plugin ended the process before the command was done (\(plugins.joined(separator: ", "))); "
          + "'aviary plugin check' finds the call")
      _exit(ExitStatus.failed.rawValue)
    }
  }

  /// The command itself ends the process now.
  static func expect() { state.withLock { $0.isExpected = true } }
}
