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

  @Argument(help: "A model file or the id of a zoo model.")
  var model: String

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
    let reference = try ModelReference(model)
    reference.warnOfOtherFile()
    let path = reference.modelPath
    let imported = try ONNXModel.read(path: path)
    let missing = Session.unsupportedOperators(in: imported.graph, try session.plugins.registry().operators)
    guard missing.isEmpty else {
      let inspection = ModelInspection(model: imported, unsupported: missing)
      if json { try Console.printJSON(inspection) } else { print(inspection.text) }
      throw ImportError.unsupported(missing, file: path)
    }
    var options = try session.options
    let full = try Session(path: path, options: options)
    // What each pass did is asked of the full session; the nodes as they stand, of one without passes.
    options.optimize = optimized && options.optimize
    let shown = options.optimize ? full : try Session(path: path, options: options)
    let nodes: [NodeReport]
    do { nodes = try shown.inspect(inputShapes: shape.byName) } catch { throw error.at(file: path) }
    let family = ModelInspection.FamilyEntry(
      NetworkSketch(imported.graph), try session.plugins.registry().families, graph: imported.graph)
    let inspection = ModelInspection(
      model: imported, nodes: nodes, unread: full.unreadAttributes, family: family,
      explanation: explain ? try explanation(of: full, path) : nil,
      layoutReorders: full.layoutReorders)
    if json { try Console.printJSON(inspection) } else { print(inspection.text) }
    for warning in inspection.warnings { Console.warning("\(path): \(warning)") }
  }
}

extension InspectCommand {
  private func explanation(of session: Session, _ path: String) throws -> Explanation {
    do { return try Explanation(session, inputShapes: shape.byName) } catch { throw error.at(file: path) }
  }
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
