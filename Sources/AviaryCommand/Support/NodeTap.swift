import Aviary
import Foundation

/// Writes what a node of a model computes of every face.
struct NodeTap {
  private let node: String
  private let analyzer: FaceAnalyzer

  init(_ node: String, _ analyzer: FaceAnalyzer) {
    self.node = node
    self.analyzer = analyzer
  }

  /// Faces of one run at most.
  private static let batch = 32

  /// - Throws: `UsageError` for several models and a node that is not there, `CommandError` where the file
  ///   cannot be written.
  func run(_ pictures: PictureList, _ decoding: DecodeOptions, output: String) throws {
    guard analyzer.classifiers.count == 1, let classifier = analyzer.classifiers.first else {
      throw UsageError("--tap takes one model")
    }
    let value = try value(in: classifier.session.importedGraph)
    var graph = classifier.session.importedGraph
    graph.outputs = [.init(name: value, type: .tensor(nil, .unknown))]
    let session = try Session(graph: graph)

    var rows: [Tensor] = []
    var faces = 0
    for path in pictures.paths {
      let image = try Image(contentsOf: path, options: decoding)
      let found = try analyzer.detect(image).faces
      if found.isEmpty { Console.note("\(path): no face was found") }
      let crops = try analyzer.crops(found, of: image)
      for start in stride(from: 0, to: crops.count, by: Self.batch) {
        let part = Array(crops[start..<min(crops.count, start + Self.batch)])
        rows += try classifier.features(part, of: value, in: session)
      }
      faces += found.count
    }
    guard let joined = try join(rows) else {
      throw CommandError("no face in the pictures: there is nothing to write")
    }
    do { try Data(try joined.npy()).write(to: URL(fileURLWithPath: output), options: .atomic) } catch let
      error as CocoaError
    {
      throw CommandError("\(output): cannot be written: \(error.localizedDescription)")
    }
    print("\(output): \(joined.elementType) \(joined.shape), \(faces) faces, value '\(value)'")
  }

  /// The value that a name stands for: a node's first output, or the value of that name.
  private func value(in graph: Graph) throws -> String {
    if let found = graph.nodes.first(where: { $0.name == node }) {
      guard let output = found.outputs.first(where: { !$0.isEmpty }) else {
        throw UsageError("--tap \(node): the node has no outputs")
      }
      return output
    }
    if graph.nodes.contains(where: { $0.outputs.contains(node) }) { return node }
    let close = graph.nodes.map(\.name).filter { !$0.isEmpty && $0.localizedCaseInsensitiveContains(node) }
    let all = graph.nodes.map { $0.name.isEmpty ? $0.outputs.first ?? "" : $0.name }
    let shown = (close.isEmpty ? all : close).prefix(12).joined(separator: ", ")
    throw UsageError(
      "--tap \(node): the model has no such node; \(close.isEmpty ? "nodes are" : "like it are") \(shown)...")
  }

  /// All rows one below the other; `nil` where there are none.
  private func join(_ parts: [Tensor]) throws -> Tensor? {
    guard let first = parts.first else { return nil }
    guard parts.count > 1 else { return first }
    let inner = Array(first.shape.dims.dropFirst())
    guard
      parts.allSatisfy({ $0.elementType == first.elementType && Array($0.shape.dims.dropFirst()) == inner })
    else {
      throw CommandError("--tap \(node): its shape differs from face to face")
    }
    let count = parts.reduce(0) { $0 + ($1.shape.dims.first ?? 0) }
    return try Tensor(elementType: first.elementType, shape: Shape([count] + inner)) { target in
      var offset = 0
      for part in parts {
        part.withBytes { target[offset..<offset + $0.count].copyBytes(from: $0) }
        offset += part.byteCount
      }
    }
  }
}
