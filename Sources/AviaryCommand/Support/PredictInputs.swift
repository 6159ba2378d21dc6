import Aviary
import Foundation

/// What `predict` is asked about, and whom: the models are named by `--models` or stand before the pictures;
/// where neither is so, the best of the zoo is taken.
struct PredictInputs {
  let models: [String]
  let paths: [String]
  /// Whether a single model stands before the pictures: then a picture is a face unless a detector is named.
  let isModelFirst: Bool

  /// - Throws: `UsageError` where pictures are missing, `ZooError` where the zoo has no model to take.
  init(_ arguments: [String], models: String?) throws {
    if let models {
      paths = arguments
      isModelFirst = false
      self.models = models == "all" ? try Self.all() : models.split(separator: ",").map(String.init)
      guard !self.models.isEmpty else { throw UsageError("--models: no model is named") }
    } else if let first = arguments.first, !Self.isPicture(first) {
      paths = Array(arguments.dropFirst())
      isModelFirst = true
      self.models = [first]
    } else {
      paths = arguments
      isModelFirst = false
      self.models = [try Self.best()]
    }
    guard !paths.isEmpty else { throw UsageError("no pictures are given") }
  }

  /// Whether an argument is a picture or a folder of pictures and not a model.
  static func isPicture(_ path: String) -> Bool {
    if path.hasSuffix(".onnx") { return false }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      // A name that ends like a picture's is a picture that is missing, not a model of the zoo.
      let ending = path.split(separator: ".").last?.lowercased() ?? ""
      return ["jpg", "jpeg", "png", "webp", "avi", "mjpg", "mjpeg"].contains(ending)
    }
    return !isFolder.boolValue || !FileManager.default.fileExists(atPath: "\(path)/\(ZooIndex.manifestName)")
  }

  private static func all() throws -> [String] {
    let names = try ZooIndex.find().entries.filter { $0.hasFile }.map(\.id)
    guard !names.isEmpty else {
      throw UsageError("--models all: no model's file is here; 'aviary zoo pull' gets them")
    }
    return names
  }

  /// The model of the zoo with the highest accuracy on its largest data set. One that is made for sequences is not
  /// asked about single pictures unless somebody names it.
  private static func best() throws -> String {
    let zoo = try ZooIndex.find()
    var scored: [(id: String, samples: Int, accuracy: Double)] = []
    for entry in zoo.entries where entry.hasFile && !entry.takesSequences {
      let metrics = (try? entry.manifest.get())?.metrics ?? []
      if let largest = metrics.max(by: { $0.samples < $1.samples }) {
        scored.append((entry.id, largest.samples, largest.accuracy))
      }
    }
    // Accuracies on different data do not compare: the data set with the most samples counts.
    let most = scored.map(\.samples).max() ?? 0
    let best = scored.filter { $0.samples == most }.max { $0.accuracy < $1.accuracy }
    let id = best?.id ?? zoo.entries.first(where: \.hasFile)?.id
    guard let id else {
      throw UsageError("no model's file is here; name one with --models, or 'aviary zoo pull'")
    }
    Console.note("model: \(id), the best of the zoo (--models takes others)")
    return id
  }
}
