import Aviary

/// Which kernel each node got and why not a faster one, and what the passes did and left.
struct Explanation: Encodable {
  struct KernelEntry: Encodable {
    let node: String
    let op: String
    let kernel: String
    let reason: String
  }

  struct PassEntry: Encodable {
    let pass: String
    let summary: String
    let nodesBefore: Int
    let nodesAfter: Int
    let changes: [String]
    let leftovers: [String]
  }

  /// Nodes that run, in order.
  let kernels: [KernelEntry]
  let passes: [PassEntry]
  let layoutReorders: Int

  private enum CodingKeys: String, CodingKey {
    case kernels, passes
    case layoutReorders = "layout_reorders"
  }

  /// - Parameter inputShapes: as `Session.inspect` takes them.
  init(_ session: Session, inputShapes: [String: [Int]]) throws(RunError) {
    self.init(
      session, nodes: try session.inspect(inputShapes: inputShapes))
  }

  /// - Parameter nodes: what `session.inspect` says.
  init(_ session: Session, nodes: [NodeReport]) {
    kernels = nodes.compactMap { report in
      report.kernel.map {
        KernelEntry(
          node: report.node.label, op: report.node.id.description, kernel: $0.kernel, reason: $0.reason)
      }
    }
    passes = session.passReports.map {
      PassEntry(
        pass: $0.pass, summary: $0.summary, nodesBefore: $0.nodesBefore, nodesAfter: $0.nodesAfter,
        changes: $0.changes, leftovers: $0.leftovers)
    }
    layoutReorders = session.layoutReorders
  }

  var text: String { Self.text(kernels: kernels, passes: passes) }

  /// A table of kernels, then the passes.
  static func text(kernels: [KernelEntry], passes: [PassEntry]) -> String {
    var table = TextTable([("node", .left), ("operator", .left), ("kernel", .left), ("why", .left)])
    for entry in kernels { table.add([String(entry.node.suffix(48)), entry.op, entry.kernel, entry.reason]) }
    var lines = [table.text]
    for pass in passes {
      lines.append("")
      lines.append("pass \(pass.pass): \(pass.summary)")
      lines.append("  \(pass.nodesBefore) nodes, then \(pass.nodesAfter)")
      if pass.changes.isEmpty { lines.append("  changed nothing") }
      lines += pass.changes.map { "  \($0)" }
      lines += pass.leftovers.map { "  not: \($0)" }
    }
    return lines.joined(separator: "\n")
  }
}
