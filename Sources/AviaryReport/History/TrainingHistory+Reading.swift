import AviaryEvaluation
import AviaryZoo
import Foundation

/// A file that is no training history.
public struct HistoryError: Error, Sendable, Equatable, CustomStringConvertible {
  public let path: String
  public let problem: String

  public init(path: String, problem: String) {
    self.path = path
    self.problem = problem
  }

  public var description: String { "\(path): \(problem)" }
}

extension TrainingHistory {
  /// Histories are small; what is larger is something else.
  private static let maximumBytes = 64 << 20

  /// Reads JSON (an object of lists, Keras' way; a list of objects, one an epoch; objects one a line; either
  /// under a key such as `history`; pandas' objects of objects) or CSV with a header. `NaN` and `Infinity`, which
  /// Python writes for a run that diverged, are read.
  ///
  /// - Throws: `HistoryError`.
  public init(contentsOf path: String) throws(HistoryError) {
    func failure(_ problem: String) -> HistoryError { HistoryError(path: path, problem: problem) }
    let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? nil
    guard let size, let data = size <= Self.maximumBytes ? FileManager.default.contents(atPath: path) : nil
    else {
      throw failure(
        size == nil ? "cannot be read" : "is larger than \(Self.maximumBytes) bytes: not a history")
    }
    let url = URL(fileURLWithPath: path)
    var name = url.deletingPathExtension().lastPathComponent
    // Zoo folders all call it history.json.
    if ["history", "log", "metrics", "training"].contains(name.lowercased()) {
      let folder = url.standardizedFileURL.deletingLastPathComponent().lastPathComponent
      if !folder.isEmpty, folder != "/" { name = folder }
    }
    let columns =
      (try? JSONValue(PythonNumbers.quoted(in: data))).flatMap(Self.columns) ?? Self.lines(data) ?? Self.csv(data)
    guard let columns else { throw failure("is neither JSON nor CSV with values per epoch") }
    guard let history = TrainingHistory(name: name, columns: columns) else {
      let known = columns.keys.sorted().prefix(12).joined(separator: ", ")
      throw failure("has no loss and no accuracy per epoch (its columns: \(known))")
    }
    self = history
  }

  private static func columns(_ value: JSONValue) -> [String: [Double?]]? {
    if let rows = value.array { return columns(rows: rows) }
    guard let members = value.object else { return nil }
    var columns: [String: [Double?]] = [:]
    for (key, member) in members {
      if let list = member.array, list.contains(where: { $0.measurement != nil }) {
        columns[key] = list.map(\.measurement)
      } else if let numbered = member.object, !numbered.isEmpty, numbered.keys.allSatisfy({ Int($0) != nil })
      {
        columns[key] = numbered.sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }.map(\.value.measurement)
      }
    }
    if columns.keys.contains(where: { isKnown($0) }) { return columns }
    for key in ["history", "log_history", "epochs", "log", "logs", "metrics"] {
      if let inner = members[key], let found = Self.columns(inner) { return found }
    }
    return columns.isEmpty ? nil : columns
  }

  private static func isKnown(_ column: String) -> Bool {
    TrainingHistory(name: "", columns: [column: [0]]) != nil
  }

  /// One object an epoch.
  private static func columns(rows: [JSONValue]) -> [String: [Double?]]? {
    let objects = rows.compactMap(\.object)
    guard !objects.isEmpty, objects.count == rows.count else { return nil }
    // Parts as objects: {"train": {"loss": 1}, "val": {"loss": 2}}.
    let flat = objects.map { object in
      object.reduce(into: [String: Double]()) { result, member in
        if let number = member.value.measurement { result[member.key] = number }
        for (key, value) in member.value.object ?? [:] {
          if let number = value.measurement { result["\(member.key)_\(key)"] = number }
        }
      }
    }
    let keys = Set(flat.flatMap(\.keys))
    return Dictionary(uniqueKeysWithValues: keys.map { key in (key, flat.map { $0[key] }) })
  }

  private static func lines(_ data: Data) -> [String: [Double?]]? {
    let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
      .filter { !$0.allSatisfy(\.isWhitespace) }
    let rows = lines.compactMap { try? JSONValue(PythonNumbers.quoted(in: Data($0.utf8))) }
    return rows.count == lines.count ? columns(rows: rows) : nil
  }

  private static func csv(_ data: Data) -> [String: [Double?]]? {
    let lines = Array(data).split { $0 == 10 || $0 == 13 }.map(Array.init)
    guard let header = lines.first.flatMap { AviaryEvaluation.CSV.texts($0) }, header.count > 1 else {
      return nil
    }
    var columns = [String: [Double?]](uniqueKeysWithValues: Set(header).map { ($0, []) })
    for line in lines.dropFirst() {
      guard let fields = AviaryEvaluation.CSV.texts(line) else { return nil }
      for (name, index) in zip(header, header.indices) where header.firstIndex(of: name) == index {
        columns[name]?.append(fields.indices.contains(index) ? Double(fields[index]) : nil)
      }
    }
    return columns.values.contains { $0.contains { $0 != nil } } ? columns : nil
  }
}
