import ArgumentParser
import Aviary
import AviaryStore
import Foundation

struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Join the shards of an evaluation to one record.",
    discussion: """
      Parts are numbers of runs in the store, or files that evaluate --record or runs export wrote. What comes
      out equals the record of one run byte for byte, but for times and host.

      EXAMPLES
        aviary merge 1.json 2.json 3.json --record whole.json
        aviary merge 12 13 14
      """)

  @Argument(help: "Runs or record files.")
  var parts: [String]

  @Option(help: ArgumentHelp("Write the merged record to this file (JSON).", valueName: "file"))
  var record: String?

  @Flag(help: "Put up with missing shards.")
  var partial = false

  @OptionGroup var store: WritingStoreFlags

  func run() throws {
    let ids = parts.compactMap { FileManager.default.fileExists(atPath: $0) ? nil : Int64($0) }
    let merged: EvaluationRecord
    var run: Int64?
    if ids.count == parts.count, !partial {
      let store = try store.location.existing()
      let id = try store.merge(ids)
      (merged, run) = (try store.record(id), id)
    } else {
      let existing = ids.isEmpty ? nil : try store.location.existing()
      let records = try parts.map { part in
        if !FileManager.default.fileExists(atPath: part), let id = Int64(part), let existing {
          return try existing.record(id)
        }
        return try EvaluationRecord(contentsOf: part)
      }
      merged = try EvaluationRecord.merging(records, partial: partial)
      run = try store.open()?.insert(merged)
    }
    if let record { try merged.write(to: record) }
    let kept = [run.map { "run \($0)" }, record].compactMap { $0 }
    print("\(merged.samples.count) of \(merged.data.samples) samples: \(kept.joined(separator: ", "))")
  }
}
