import ArgumentParser
import Aviary
import Foundation

/// What the process's status says.
enum ExitStatus: Int32 {
  case fine = 0
  case failed = 1
  case usage = 2
  case unsupported = 3
  case regression = 4

  /// The status for an error that ended a command.
  init(_ error: any Error) {
    switch error {
    case let error as ImportError where error.isUnsupported: self = .unsupported
    case let error as RunError where error.kind == .unsupported: self = .unsupported
    case let error as FetchedModelError: self = ExitStatus(error.reason)
    case is UsageError: self = .usage
    default:
      switch RootCommand.exitCode(for: error) {
      case .success: self = .fine
      case .validationFailure: self = .usage
      default: self = .failed
      }
    }
  }

  /// Says what is wrong (or prints the help that was asked for) and ends the process.
  static func end(with error: any Error) -> Never {
    if let code = error as? ExitCode { end(code.rawValue) }
    let status = ExitStatus(error)
    let isParsers = status == .fine || (status == .usage && !(error is UsageError))
    let text = isParsers ? RootCommand.fullMessage(for: error) : "error: \(Self.describe(error))"
    if status == .fine {
      if !text.isEmpty { print(text) }
    } else {
      Console.note(text)
    }
    end(status.rawValue)
  }

  /// Ends the process; with a failure where its output did not arrive, on a full disk for instance.
  static func end(_ code: Int32 = ExitStatus.fine.rawValue) -> Never {
    ForeignExit.expect()
    guard let problem = Console.outputProblem else { exit(code) }
    Console.note("error: standard output cannot be written: \(problem)")
    exit(code == fine.rawValue ? failed.rawValue : code)
  }

  /// The message of any error. Foundation's own errors describe themselves for people only through
  /// `localizedDescription`.
  static func describe(_ error: any Error) -> String {
    Swift.type(of: error) is any CustomStringConvertible.Type && !(error is CocoaError)
      ? "\(error)" : error.localizedDescription
  }
}

/// Options that contradict each other or name something that is not there: exit status 2.
struct UsageError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
