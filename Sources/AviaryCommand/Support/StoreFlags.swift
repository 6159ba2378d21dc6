import ArgumentParser
import AviaryStore
import Foundation

/// Where runs are kept.
struct StoreFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Keep runs in this file; by default AVIARY_STORE or aviary/runs.sqlite in the user's data folder.",
      valueName: "file"))
  var store: String?

  /// The store that there is.
  ///
  /// - Throws: `StoreError`, `CommandError` where there is none.
  func existing() throws -> RunStore {
    guard let path = StoreLocation.path(explicit: store) else {
      throw CommandError("no store of runs: neither --store, AVIARY_STORE, XDG_DATA_HOME nor HOME is set")
    }
    guard FileManager.default.fileExists(atPath: path) else {
      throw CommandError(
        "\(path): there are no runs yet; 'aviary evaluate' and 'aviary compare' keep theirs there")
    }
    return try RunStore(path)
  }
}

/// The same for commands that write runs.
struct WritingStoreFlags: ParsableArguments {
  @OptionGroup var location: StoreFlags

  @Flag(name: .customLong("no-store"), help: "Keep no record of the run.")
  var noStore = false

  func validate() throws {
    if noStore, location.store != nil {
      throw ValidationError("--store and --no-store contradict each other")
    }
  }

  /// The store to write to; `nil` where none is wanted, or nobody named one and the usual place cannot be
  /// written: that is no reason not to evaluate.
  func open() throws -> RunStore? {
    guard !noStore, let path = StoreLocation.path(explicit: location.store) else { return nil }
    do {
      return try RunStore(path)
    } catch {
      let isNamed = location.store != nil || ProcessInfo.processInfo.environment["AVIARY_STORE"] != nil
      guard !isNamed else { throw error }
      Console.warning("the run is not kept: \(ExitStatus.describe(error))")
      return nil
    }
  }
}
