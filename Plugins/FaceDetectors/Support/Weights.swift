import AviaryCore
import AviaryImage
import AviaryONNX
import AviaryRuntime
import AviaryZoo
import Foundation

/// The weight files of a detector: named by the user, or of the zoo.
struct Weights {
  let detector: String
  /// What each file is for, and the names that it is known by in a folder.
  let files: [(role: String, names: [String])]
  /// The zoo's folder.
  var id: String { "face-\(detector)" }

  /// Paths by role.
  ///
  /// - Parameter place: a file (where there is but one) or a folder; `nil` means the zoo.
  /// - Throws: `DetectionError` that says how to get what is missing.
  func find(_ place: String?) throws(DetectionError) -> [String: String] {
    guard let place else { return try inZoo() }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: place, isDirectory: &isFolder) else {
      throw DetectionError(detector: detector, problem: "\(place): there is no such file")
    }
    if isFolder.boolValue { return try inFolder(place) }
    guard files.count == 1 else {
      let names = files.map { $0.names[0] }.joined(separator: ", ")
      throw DetectionError(detector: detector, problem: "\(place): give the folder that holds \(names)")
    }
    return [files[0].role: place]
  }

  private func inFolder(_ folder: String) throws(DetectionError) -> [String: String] {
    var found: [String: String] = [:]
    for file in files {
      let paths = file.names.map { "\(folder)/\($0)" }
      guard let path = paths.first(where: FileManager.default.fileExists) else {
        throw DetectionError(
          detector: detector, problem: "\(folder): has no \(file.names.joined(separator: " or "))")
      }
      found[file.role] = path
    }
    return found
  }

  private func inZoo() throws(DetectionError) -> [String: String] {
    do throws(ZooError) {
      let folder = "\(try ZooIndex.find().path)/\(id)"
      if let found = try? inFolder(folder) { return found }
    } catch {
      throw DetectionError(detector: detector, problem: "\(error)")
    }
    throw DetectionError(
      detector: detector,
      problem: "its weights are not here; 'aviary zoo pull \(id)' gets them, or name a file: \(detector):PATH"
    )
  }

  /// A session of a weight file.
  func session(_ path: String) throws(DetectionError) -> Session {
    do throws(ImportError) { return try Session(path: path) } catch { throw wrapped(error) }
  }

  /// A session of a network that was exported for one size of pictures and takes any: what the file says of
  /// shapes is forgotten.
  func resizableSession(_ path: String) throws(DetectionError) -> Session {
    do throws(ImportError) {
      var graph = try ONNXModel.read(path: path).graph
      for index in graph.inputs.indices {
        guard case .tensor(let type, let shape) = graph.inputs[index].type, shape.rank == 4 else { continue }
        graph.inputs[index].type = .tensor(
          type, SymbolicShape([shape[0], shape[1], .symbol("height"), .symbol("width")]))
      }
      for index in graph.outputs.indices {
        guard case .tensor(let type, let shape) = graph.outputs[index].type else { continue }
        graph.outputs[index].type = .tensor(type, shape.rank.map(SymbolicShape.rank) ?? .unknown)
      }
      graph.declarations = [:]
      return try Session(graph: graph)
    } catch {
      throw wrapped(error)
    }
  }

  private func wrapped(_ error: ImportError) -> DetectionError {
    DetectionError(detector: detector, problem: "its weights cannot be used: \(error)")
  }
}
