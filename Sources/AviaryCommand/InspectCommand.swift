import ArgumentParser
import Aviary

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what is in a model: inputs, outputs, nodes with shapes, parameters, multiply-adds.",
    discussion: """
      Extents that the model leaves open count as 1 unless --shape says otherwise. Nodes are shown as they
      stand in the file; --optimized shows those that run. Operators that are not supported are listed and
      the exit status is 3.

      EXAMPLES
        aviary inspect model.onnx
        aviary inspect model.onnx --shape input=1,3,480,640
        aviary inspect model.onnx --optimized --explain
        aviary inspect model.onnx --json
      """)

  @OptionGroup var source: ModelArgument

  @Option(help: ArgumentHelp("Extents of an input; may be repeated.", valueName: "name=d,d,.."))
  var shape: [ShapeOption] = []

  @Flag(help: "Show the nodes that run, after the optimizer's passes.")
  var optimized = false

  @Flag(help: "Show which kernel each node gets and why not a faster one, and what each pass did and left.")
  var explain = false

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "Session options") var session: SessionFlags

  func run() throws {
    let reference = try ModelReference(source.reference)
    reference.warnOfOtherFile()
    let path = reference.modelPath
    let imported = try ONNXModel.read(path: path)
    let missing = Session.unsupportedOperators(in: imported.graph, try session.plugins.registry().operators)
    guard missing.isEmpty else {
      let inspection = ModelInspection(model: imported, unsupported: missing, contract: .init(reference))
      if json { try Console.printJSON(inspection) } else { print(inspection.text) }
      throw ImportError.unsupported(missing, file: path)
    }
    var options = try session.options
    let full = try Session(path: path, options: options)
    // What each pass did is asked of the full session; the nodes as they stand, of one without passes.
    options.optimize = optimized && options.optimize
    let shown = options.optimize ? full : try Session(path: path, options: options)
    let nodes: [NodeReport]
    do { nodes = try shown.inspect(inputShapes: shape.byName) } catch { throw explained(error, shown, path) }
    let family = ModelInspection.FamilyEntry(
      NetworkSketch(imported.graph), try session.plugins.registry().families, graph: imported.graph,
      isDescribed: reference.manifest != nil)
    let inspection = ModelInspection(
      model: imported, nodes: nodes, unread: full.unreadAttributes, family: family,
      explanation: explain ? try explanation(of: full, path) : nil,
      layoutReorders: full.layoutReorders, contract: .init(reference))
    if json { try Console.printJSON(inspection) } else { print(inspection.text) }
    for warning in inspection.warnings { Console.warning("\(path): \(warning)") }
  }
}

extension InspectCommand {
  private func explanation(of session: Session, _ path: String) throws -> Explanation {
    do { return try Explanation(session, inputShapes: shape.byName) } catch { throw explained(error, session, path) }
  }

  /// An extent of 1 that nobody has asked for may be the cause: then what to do is said as well.
  private func explained(_ error: RunError, _ session: Session, _ path: String) -> any Error {
    let given = shape.byName
    let open = session.inputs.compactMap { input -> (name: String, dims: [Extent])? in
      guard given[input.name] == nil, case .tensor(_, let shape) = input.type, let dims = shape.dims,
        dims.dropFirst().contains(where: { $0.value == nil })
      else { return nil }
      return (input.name, dims)
    }
    guard error.kind != .unsupported, let first = open.first else { return error.at(file: path) }
    let example = first.dims.enumerated().map { axis, extent in
      "\(extent.value ?? (axis == 0 ? 1 : Self.exampleExtent))"
    }
    return CommandError(
      "\(error.at(file: path)); extents that the model leaves open counted as 1 (input '\(first.name)' is "
        + "\(SymbolicShape(first.dims))): give others, such as --shape \(first.name)=\(example.joined(separator: ","))")
  }

  /// Large enough for the windows of most networks.
  private static let exampleExtent = 128
}

extension ImportError {
  /// All operators of a model that no registered operator covers, one a line.
  static func unsupported(_ operators: [UnsupportedOperator], file: String) -> ImportError {
    let lines = operators.map { missing in
      let id = missing.id
      return "  \(id.name) (domain \(id.domain.isEmpty ? "ai.onnx" : id.domain), opset \(missing.opset)): "
        + missing.nodes.map { "'\($0)'" }.joined(separator: ", ")
    }
    return ImportError(
      .unsupportedOperators(operators),
      "\(operators.count) operator(s) are not supported:\n" + lines.joined(separator: "\n"), file: file)
  }
}
