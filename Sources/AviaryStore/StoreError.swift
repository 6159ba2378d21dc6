import AviaryZoo
import Foundation
import GRDB

/// Why the store of runs cannot do what it was asked for.
public enum StoreError: Error, Sendable, Equatable {
  /// The file cannot be opened, read or written.
  case file(path: String, problem: String)
  /// The file was written by a newer Aviary.
  case newer(path: String)
  /// There is no run of that number.
  case noRun(Int64, path: String)
  /// The run is not finished.
  case unfinished(Int64, done: Int, of: Int)
  /// What is stored makes no sense.
  case damaged(path: String, run: Int64?, problem: String)
  /// Runs that cannot be merged.
  case merge(String)
}

extension StoreError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .file(let path, let problem): "\(path): \(problem)"
    case .newer(let path):
      "\(path): was written by a newer Aviary; use that, or another store (--store FILE)"
    case .noRun(let id, let path): "\(path): has no run \(id); 'aviary runs list' shows what there is"
    case .unfinished(let id, let done, let total):
      "run \(id) has only \(done) of \(total) samples; evaluate again to resume it"
    case .damaged(let path, let run, let problem):
      "\(path): \(run.map { "run \($0) " } ?? "")is damaged: \(problem); 'aviary runs gc --run' removes a run"
    case .merge(let text): text
    }
  }

  /// The error of a store at `path`.
  init(_ error: any Error, path: String) {
    switch error {
    case let error as StoreError: self = error
    case let error as DatabaseError: self = .file(path: path, problem: Self.explain(error))
    default: self = .file(path: path, problem: "\(error)")
    }
  }

  private static func explain(_ error: DatabaseError) -> String {
    switch error.resultCode {
    case .SQLITE_BUSY: "is locked by another process for too long; try again"
    case .SQLITE_CANTOPEN: "cannot be opened; check the path and its permissions, or choose one with --store"
    case .SQLITE_NOTADB: "is no store of runs (not an SQLite database); choose another with --store"
    case .SQLITE_CORRUPT: "is damaged (\(error.message ?? "SQLite")); move it away and start anew"
    case .SQLITE_FULL: "the disk is full"
    case .SQLITE_READONLY, .SQLITE_PERM:
      "cannot be written; check its permissions, or choose one with --store"
    default: error.message ?? "SQLite error \(error.resultCode.rawValue)"
    }
  }
}
