import AviaryCore
import CONNX

/// Reads the root of a model: versions, operator sets, functions, then the graph.
struct ModelReader {
  let source: ByteSource
  let folder: ModelFolder?
  let limits: Limits

  /// The newest IR version whose every message and field is known.
  static let newestIRVersion = 14

  func read() throws(ImportError) -> ONNXModel {
    let message = try source.parse(.model, what: "an ONNX model", limits: limits)
    return try message.withRoot(as: Onnx__ModelProto.self) { (model) throws(ImportError) in
      try read(model.pointee)
    }
  }

  private func read(_ model: Onnx__ModelProto) throws(ImportError) -> ONNXModel {
    guard let root = model.graph else {
      throw ImportError(.malformed, "is not an ONNX model: it has no graph")
    }
    guard model.has_ir_version != 0, model.ir_version >= 1 else {
      throw ImportError(.malformed, "is not an ONNX model: it has no IR version")
    }
    var warnings: [String] = []
    if model.ir_version > Self.newestIRVersion {
      warnings.append(
        "IR version \(model.ir_version) is newer than \(Self.newestIRVersion); fields it adds are ignored")
    }
    var opsets = try Self.opsets(model.n_opset_import, model.opset_import, &warnings)
    if opsets.isEmpty {
      guard model.ir_version < 3 else {
        throw ImportError(.invalidGraph, "imports no operator set")
      }
      // Before IR version 3 there was only one.
      opsets[""] = 1
    }
    if model.n_training_info > 0 { warnings.append("training information is ignored") }

    let tensors = TensorReader(source: source, folder: folder, limits: limits)
    let reader = GraphReader(tensors: tensors, opsets: opsets, limits: limits)
    let functions = list(model.n_functions, model.functions)
    for function in functions { try reader.add(function) }
    let graph = try reader.model(root.pointee).validated()
    return ONNXModel(
      file: source.name, irVersion: Int(model.ir_version), opsets: opsets,
      producerName: text(model.producer_name), producerVersion: text(model.producer_version),
      domain: text(model.domain), modelVersion: Int(model.model_version),
      documentation: text(model.doc_string),
      metadata: Dictionary(
        entries(model.n_metadata_props, model.metadata_props).map { ($0.key, $0.value) },
        uniquingKeysWith: { _, last in last }),
      functions: functions.map {
        ONNXModel.Function(
          domain: text($0.pointee.domain), name: text($0.pointee.name),
          overload: text($0.pointee.overload), nodeCount: $0.pointee.n_node)
      },
      warnings: warnings + tensors.warnings + reader.warnings, graph: graph)
  }

  /// Versions by domain. The same domain may occur again (`""` and `ai.onnx` are one); where versions
  /// differ the last one counts, as in ONNX Runtime, and a warning says so.
  static func opsets(
    _ count: Int, _ imports: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__OperatorSetIdProto>?>?,
    _ warnings: inout [String]
  ) throws(ImportError) -> [String: Int] {
    var opsets: [String: Int] = [:]
    for entry in list(count, imports) {
      let domain = OperatorID("", domain: text(entry.pointee.domain)).domain
      let version = Int(entry.pointee.version)
      guard version >= 1 else {
        throw ImportError(
          .invalidGraph, "imports operator set '\(domain)' in version \(version), which cannot be")
      }
      if let earlier = opsets[domain], earlier != version {
        warnings.append(
          "operator set '\(domain)' is imported in versions \(earlier) and \(version); the last counts")
      }
      opsets[domain] = version
    }
    return opsets
  }
}

extension ByteSource {
  /// Scans and parses the whole source.
  ///
  /// - Throws: `ImportError` (`malformed`, `limit`) that says at which byte it stopped being `what`.
  func parse(
    _ schema: WireSchema, what: String, limits: Limits
  ) throws(ImportError) -> WireMessage {
    guard !bytes.isEmpty || schema.isEmptyAllowed else {
      throw ImportError(.malformed, "is empty, not \(what)")
    }
    do {
      return try WireMessage.parse(bytes, schema: schema, limits: WireLimits(limits))
    } catch {
      let hint = Self.looksLike(bytes).map { " (it looks like \($0))" } ?? ""
      throw ImportError(
        error.isLimit ? .limit : .malformed,
        "is not \(what) that can be read\(hint): \(error.message), at byte \(error.offset)")
    }
  }

  /// Files that are often taken for a model.
  private static func looksLike(_ bytes: UnsafeRawBufferPointer) -> String? {
    let start = String(decoding: bytes.prefix(64), as: UTF8.self).lowercased()
    let trimmed = start.drop { $0.isWhitespace }
    if trimmed.hasPrefix("<!doctype") || trimmed.hasPrefix("<html") { return "a web page" }
    if trimmed.hasPrefix("<") { return "XML" }
    if start.hasPrefix("version https://git-lfs") { return "a Git LFS pointer; fetch the file itself" }
    if start.hasPrefix("pk\u{3}\u{4}") { return "a ZIP archive or PyTorch checkpoint" }
    if bytes.count >= 8, start.dropFirst(4).hasPrefix("tfl3") { return "a TensorFlow Lite model" }
    if bytes.count >= 4, bytes[0] == 0x89, start.dropFirst(1).hasPrefix("hdf") { return "an HDF5 file" }
    return nil
  }
}

extension WireLimits {
  /// Deeper messages than this would need more stack than a thread may have, whatever the limit says.
  private static let deepest = 256

  init(_ limits: Limits) {
    self.init()
    depth = min(max(1, limits.nesting), Self.deepest)
    bytes = limits.parsedBytes
  }
}
