import AviaryCore

/// A model as it stands in an `.onnx` file, with its graph ready for shape inference.
///
/// Model-local functions are expanded, sparse initializers made dense, and nodes sorted. Weights are
/// borrowed from the mapped file, so the file should not be changed while the model is in use.
/// Source: ONNX IR specification, versions 1 to 14.
public struct ONNXModel: Sendable {
  /// A function of the model, before expansion.
  public struct Function: Sendable, Hashable {
    public let domain: String
    public let name: String
    /// Tells apart functions of the same name; usually empty.
    public let overload: String
    /// Nodes in its body, subgraphs not counted.
    public let nodeCount: Int
  }

  /// The path given to `read`, or the name of the bytes.
  public let file: String
  public let irVersion: Int
  /// Versions of operator sets by domain; the default domain is `""`.
  public let opsets: [String: Int]
  public let producerName: String
  public let producerVersion: String
  /// The model's own namespace.
  public let domain: String
  public let modelVersion: Int
  public let documentation: String
  public let metadata: [String: String]
  public let functions: [Function]
  /// What was odd but could be read.
  public let warnings: [String]
  public var graph: Graph

  /// Reads a model file. External data is looked for in the file's folder.
  ///
  /// - Throws: `ImportError` that names the file, what is wrong and, where it is a node's fault, the node.
  public static func read(path: String, limits: Limits = .default) throws(ImportError) -> ONNXModel {
    do {
      let source = try ByteSource(path: path)
      return try ModelReader(source: source, folder: ModelFolder(of: path), limits: limits).read()
    } catch {
      throw error.at(file: path)
    }
  }

  /// Reads a model from memory.
  ///
  /// - Parameters:
  ///   - name: what errors call it.
  ///   - folder: where external data lies; without one such a model is refused.
  /// - Throws: as `read(path:limits:)`.
  public static func read(
    bytes: some Collection<UInt8>, name: String = "model", folder: String? = nil,
    limits: Limits = .default
  ) throws(ImportError) -> ONNXModel {
    do {
      let source = try ByteSource(copying: bytes, name: name)
      let folder = folder.map { ModelFolder(of: $0.hasSuffix("/") ? $0 : "\($0)/") }
      return try ModelReader(source: source, folder: folder, limits: limits).read()
    } catch {
      throw error.at(file: name)
    }
  }
}
