import Aviary

/// Where the time of a run goes, by node and by operator, held against what the processor can do.
struct BenchProfile: Encodable {
  /// Time and work; of one node, or of all nodes of one operator.
  struct Cost: Encodable {
    let ms: Double
    /// Of the time of all nodes, 0 to 1.
    let share: Double
    /// Two operations per multiply-add; `nil` where there is none to count.
    let gflopPerS: Double?
    /// Of the measured peak, 0 to 1.
    let peakShare: Double?
    let bytesRead: Int
    let bytesWritten: Int
    let gbPerS: Double

    enum CodingKeys: String, CodingKey {
      case ms, share
      case gflopPerS = "gflop_per_s"
      case peakShare = "peak_share"
      case bytesRead = "bytes_read"
      case bytesWritten = "bytes_written"
      case gbPerS = "gb_per_s"
    }

    init(ms: Double, of total: Double, multiplyAdds: Double, read: Int, written: Int, peak: Double) {
      self.ms = ms
      share = total > 0 ? ms / total : 0
      let speed = ms > 0 ? 2 * multiplyAdds / ms / 1e6 : 0
      gflopPerS = speed > 0 ? speed : nil
      peakShare = speed > 0 && peak > 0 ? speed / peak : nil
      bytesRead = read
      bytesWritten = written
      gbPerS = ms > 0 ? (Double(read) + Double(written)) / ms / 1e6 : 0
    }
  }

  struct NodeEntry: Encodable {
    let node: String
    let op: String
    let kernel: String
    let cost: Cost

    private enum CodingKeys: String, CodingKey { case node, op, kernel }

    func encode(to encoder: any Encoder) throws {
      try cost.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(node, forKey: .node)
      try container.encode(op, forKey: .op)
      try container.encode(kernel, forKey: .kernel)
    }
  }

  struct OperatorEntry: Encodable {
    let op: String
    let count: Int
    let cost: Cost

    private enum CodingKeys: String, CodingKey { case op, count }

    func encode(to encoder: any Encoder) throws {
      try cost.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(op, forKey: .op)
      try container.encode(count, forKey: .count)
    }
  }

  /// Single-precision GFLOP/s of the threads in use, measured by multiply-adds on registers alone.
  let peakGflopPerS: Double
  /// In the order they ran.
  let nodes: [NodeEntry]
  /// The costliest first.
  let operators: [OperatorEntry]

  private enum CodingKeys: String, CodingKey {
    case nodes, operators
    case peakGflopPerS = "peak_gflop_per_s"
  }

  /// - Parameter runs: the same nodes in every run; each node's time is its median.
  init(_ runs: [[NodeTiming]], peak: Double) {
    let nodes = runs.first ?? []
    let times = nodes.indices.map { index in
      let sorted = runs.compactMap { index < $0.count ? $0[index].duration.milliseconds : nil }.sorted()
      return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
    let total = times.reduce(0, +)
    peakGflopPerS = peak
    self.nodes = zip(nodes, times).map { node, ms in
      NodeEntry(
        node: node.node.label, op: node.node.id.description, kernel: node.choice.kernel,
        cost: Cost(
          ms: ms, of: total, multiplyAdds: Double(node.multiplyAdds), read: node.bytesRead,
          written: node.bytesWritten, peak: peak))
    }
    operators = Dictionary(grouping: nodes.indices) { nodes[$0].node.id.description }.map { op, members in
      OperatorEntry(
        op: op, count: members.count,
        cost: Cost(
          ms: members.reduce(0) { $0 + times[$1] }, of: total,
          multiplyAdds: members.reduce(0) { $0 + Double(nodes[$1].multiplyAdds) },
          read: members.reduce(0) { $0 &+ nodes[$1].bytesRead },
          written: members.reduce(0) { $0 &+ nodes[$1].bytesWritten }, peak: peak))
    }.sorted { ($0.cost.ms, $1.op) > ($1.cost.ms, $0.op) }
  }

  // MARK: Text

  private static let costColumns: [(String, Table.Column.Alignment)] = [
    ("ms", .right), ("share", .right), ("GFLOP/s", .right), ("of peak", .right), ("MB read", .right),
    ("MB written", .right), ("GB/s", .right),
  ]

  /// The peak, operators by their share, then every node.
  var text: String {
    var ops = TextTable([("operator", .left), ("nodes", .right)] + Self.costColumns)
    for entry in operators { ops.add([entry.op, "\(entry.count)"] + entry.cost.cells) }
    var all = TextTable([("node", .left), ("operator", .left), ("kernel", .left)] + Self.costColumns)
    for entry in nodes { all.add([String(entry.node.suffix(40)), entry.op, entry.kernel] + entry.cost.cells) }
    return """
      peak     \(fixed(peakGflopPerS, 1)) GFLOP/s in fp32 (multiply-adds on registers alone, measured now); speeds count
               the multiply-adds of the definition, of which Winograd does fewer

      \(ops.text)

      \(all.text)
      """
  }
}

extension BenchProfile.Cost {
  fileprivate var cells: [String] {
    [
      fixed(ms, 3), "\(fixed(100 * share, 1)) %", gflopPerS.map { fixed($0, 1) } ?? "",
      peakShare.map { "\(fixed(100 * $0, 0)) %" } ?? "", fixed(Double(bytesRead) / 1e6, 2),
      fixed(Double(bytesWritten) / 1e6, 2), fixed(gbPerS, 1),
    ]
  }
}
