import AviaryZoo
import Foundation

extension EvaluationRecord {
  /// Records hold some hundred bytes a sample; a file beyond this is not read.
  static let maximumBytes = 4 << 30

  /// - Throws: `EvaluationError.recordFile`.
  public init(contentsOf path: String) throws(EvaluationError) {
    do {
      let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
      guard size <= Self.maximumBytes else {
        throw EvaluationError.recordFile(path: path, problem: "is larger than \(Self.maximumBytes) bytes")
      }
      self = try JSONDecoder().decode(
        Self.self, from: Foundation.Data(contentsOf: URL(fileURLWithPath: path)))
    } catch let error as EvaluationError {
      throw error
    } catch let error as DecodingError {
      throw .recordFile(path: path, problem: explain(error))
    } catch {
      throw .recordFile(path: path, problem: "cannot be read: \(error.localizedDescription)")
    }
    guard version == Self.currentVersion else {
      throw .recordFile(path: path, problem: "is of version \(version), not \(Self.currentVersion)")
    }
    for sample in samples {
      guard classes.indices.contains(sample.label), sample.scores.count == classes.count else {
        throw .recordFile(
          path: path, problem: "sample '\(sample.id)' does not fit the record's \(classes.count) classes")
      }
    }
  }

  /// JSON with sorted keys: equal records are equal texts.
  public func json() throws -> Foundation.Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }

  /// Writes JSON with sorted keys, so that equal records are equal files.
  ///
  /// - Throws: `EvaluationError.recordFile`.
  public func write(to path: String) throws(EvaluationError) {
    do {
      try json().write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .recordFile(path: path, problem: "cannot be written: \(error.localizedDescription)")
    }
  }
}
