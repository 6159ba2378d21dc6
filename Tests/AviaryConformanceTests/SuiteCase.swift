import AviaryCore
import AviaryONNX
import AviaryRuntime
import Foundation

/// One case of the ONNX backend suite: a model, its inputs and the outputs it must give.
struct SuiteCase: Sendable {
  /// `node/test_abs`.
  let id: String
  let folder: URL

  enum Outcome: Sendable, Equatable {
    case passed
    /// An operator, type or feature that is not there yet.
    case unsupported(String)
    case failed(String)
  }

  /// Every case below a suite folder, sorted.
  static func all(in suite: URL) throws -> [SuiteCase] {
    let files = FileManager.default
    var cases: [SuiteCase] = []
    for group in try files.contentsOfDirectory(atPath: suite.path).sorted() {
      let groupFolder = suite.appendingPathComponent(group)
      guard let names = try? files.contentsOfDirectory(atPath: groupFolder.path) else { continue }
      for name in names.sorted() {
        let folder = groupFolder.appendingPathComponent(name)
        if files.fileExists(atPath: folder.appendingPathComponent("model.onnx").path) {
          cases.append(SuiteCase(id: "\(group)/\(name)", folder: folder))
        }
      }
    }
    return cases
  }

  func run(_ options: SessionOptions) -> Outcome {
    do {
      let session = try Session(path: folder.appendingPathComponent("model.onnx").path, options: options)
      let tolerance = try Tolerance(folder: folder)
      let sets = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { $0.hasPrefix("test_data_set_") }.sorted()
      guard !sets.isEmpty else { return .failed("no data") }
      for name in sets {
        if let difference = try check(session, set: folder.appendingPathComponent(name), tolerance) {
          return .failed("\(name): \(difference)")
        }
      }
      return .passed
    } catch let error as ImportError {
      return error.isUnsupported ? .unsupported(error.message) : .failed(error.message)
    } catch let error as RunError {
      return error.kind == .unsupported ? .unsupported(error.message) : .failed(error.message)
    } catch {
      return .failed("\(error)")
    }
  }

  /// What differs in one data set, or `nil`.
  private func check(_ session: Session, set: URL, _ tolerance: Tolerance) throws -> String? {
    var inputs: [String: Value] = [:]
    for (index, declaration) in session.inputs.enumerated() {
      let path = set.appendingPathComponent("input_\(index).pb").path
      inputs[declaration.name] = try TensorFile.read(path: path, as: declaration.type)
    }
    let outputs = try session.run(inputs)
    for (index, declaration) in session.outputs.enumerated() {
      let path = set.appendingPathComponent("output_\(index).pb").path
      let expected = try TensorFile.read(path: path, as: declaration.type)
      guard let found = outputs[declaration.name] else { return "output \(index) is missing" }
      if let difference = tolerance.difference(found, expected) { return "output \(index): \(difference)" }
    }
    return nil
  }
}
