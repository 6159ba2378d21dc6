import AviaryCore
import AviaryKernels
import Testing

@testable import AviaryRuntime

/// Regions in blocked layout: where they begin and end, what they take in, and that the numbers stay.
@Suite struct LayoutTests {
  /// Channels of one block.
  private let lanes = BlockLayout.current.lanes

  private func start(_ channels: Int = 3) -> GraphBuilder {
    var builder = GraphBuilder()
    builder.input("x", [.symbol("N"), .known(channels), 9, 9])
    return builder
  }

  /// The graph with blocks, after checking that it computes what the plain one does.
  ///
  /// - Parameter outputs: of the graph.
  private func blocked(
    _ builder: GraphBuilder, outputs: [String] = ["y"], dims: [Int] = [2, 3, 9, 9], others: [String: Tensor] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Graph {
    var builder = builder
    for name in outputs { builder.output(name) }
    var inputs = others
    inputs["x"] = try randomTensor(dims, seed: 11)
    let session = try expectPassesKeepResults(
      builder.graph, inputs, tolerance: 1e-4, sourceLocation: sourceLocation)
    #expect(session.graph.outputs.map(\.name) == outputs, sourceLocation: sourceLocation)
    return session.graph
  }

  // MARK: Convolutions and what goes into them

  @Test(arguments: [1, 3, 7, 12, 24]) func batchNormAfterReluGoesIntoTheConvolution(channels: Int) throws {
    var builder = start(channels)
    let a = try builder.conv("x", (channels, 12), name: "a")
    let b = try builder.batchNorm(builder.relu(a), 12, name: "a")
    let c = try builder.conv(b, (12, channels), name: "b")
    builder.node("Identity", [try builder.batchNorm(builder.relu(c), channels, name: "b")], ["y"])
    let graph = try blocked(builder, dims: [2, channels, 9, 9])
    // Fewer channels than a block has go into the first layer as they are.
    let door = channels < lanes ? [:] : ["aviary.Block": 1]
    #expect(
      operatorCounts(graph)
        == ["aviary.BlockedConv": 2, "aviary.Unblock": 1].merging(door) { $1 })
    let first = try #require(graph.nodes.first { $0.id.name == "BlockedConv" })
    #expect(first.string("input_layout") == (channels < lanes ? "planar" : nil))
    #expect(!first.inputs[4].isEmpty && !first.inputs[5].isEmpty)
  }

  /// Squeeze-and-excite as EfficientNet and MobileNet have it, for any number of images: what is left are
  /// convolutions.
  @Test(arguments: [12, 24, 40]) func squeezeAndExciteGoesIntoConvolutions(channels: Int) throws {
    for images in [1, 3] {
      var builder = start(channels)
      let a = try builder.conv("x", (channels, channels), name: "a")
      try builder.constant("d.w", randomTensor([channels, 1, 3, 3], seed: 3))
      builder.node(
        "Conv", [a, "d.w"], ["d"], ["group": .int(Int64(channels)), "pads": .ints([1, 1, 1, 1])])
      let d = builder.relu("d")
      builder.node("GlobalAveragePool", [d], ["m"])
      let squeezed = builder.relu(try builder.conv("m", (channels, 5), kernel: 1, name: "s"))
      builder.node("Sigmoid", [try builder.conv(squeezed, (5, channels), kernel: 1, name: "e")], ["g"])
      builder.node("Mul", ["g", d], ["gated"])
      builder.node("Identity", [try builder.conv("gated", (channels, 7), kernel: 1, name: "p")], ["y"])
      let graph = try blocked(builder, dims: [images, channels, 9, 9])
      #expect(
        operatorCounts(graph)
          == ["aviary.BlockedConv": 5, "aviary.Unblock": 1].merging(
            channels < lanes ? [:] : ["aviary.Block": 1]) { $1 })
      let last = try #require(graph.nodes.last { $0.id.name == "BlockedConv" })
      #expect(last.inputs.count == 7)
      #expect(graph.nodes.contains { $0.id.name == "BlockedConv" && $0.outputs.count == 2 })
    }
  }

  /// A gated image that somebody else reads, and a gate of one image for all: the product stays.
  @Test func otherGatesStay() throws {
    var builder = start(16)
    let a = try builder.conv("x", (16, 16), name: "a")
    builder.node("GlobalAveragePool", [a], ["m"])
    builder.node("Sigmoid", ["m"], ["g"])
    builder.node("Mul", [a, "g"], ["gated"])
    builder.node("Identity", [try builder.conv("gated", (16, 8), kernel: 1, name: "p")], ["y"])
    builder.node("Relu", ["gated"], ["z"])
    let graph = try blocked(builder, outputs: ["y", "z"], dims: [2, 16, 9, 9])
    #expect(operatorCounts(graph)["Mul"] == 1)
  }

  @Test func residualsStayInBlocks() throws {
    var builder = start()
    let a = builder.relu(try builder.conv("x", (3, 12), name: "a"))
    builder.node("Add", [try builder.conv(a, (12, 12), name: "b"), a], ["sum"])
    builder.node("Relu", ["sum"], ["y"])
    #expect(operatorCounts(try blocked(builder)) == ["aviary.BlockedConv": 2, "aviary.Unblock": 1])
  }

  @Test func aPlainResidualIsReordered() throws {
    var builder = start()
    builder.input("r", [.symbol("N"), 12, 9, 9])
    builder.node("Add", ["r", try builder.conv("x", (3, 12), name: "a")], ["y"])
    let graph = try blocked(builder, others: ["r": try randomTensor([2, 12, 9, 9], seed: 5)])
    #expect(operatorCounts(graph) == ["aviary.Block": 1, "aviary.BlockedConv": 1, "aviary.Unblock": 1])
  }

  @Test func constantsForEachChannelGoIntoTheConvolution() throws {
    for (channels, dims) in [(12, [12, 1, 1]), (16, [1, 16, 1, 1]), (7, [7, 1, 1]), (7, [])] {
      var builder = start()
      for name in ["m", "s", "t", "d"] { try builder.weights(name, dims) }
      let a = builder.relu(try builder.conv("x", (3, channels), name: "a"))
      builder.node("Mul", ["m", a], ["1"])
      builder.node("Add", ["1", "t"], ["2"])
      builder.node("Sub", ["s", "2"], ["3"])
      builder.node("Div", ["3", "d"], ["y"])
      #expect(operatorCounts(try blocked(builder)) == ["aviary.BlockedConv": 1, "aviary.Unblock": 1])
    }
  }

  /// Where somebody else reads the value too, they become a convolution of one tap.
  @Test func aBatchNormBesideAnotherReader() throws {
    var builder = start()
    let a = builder.relu(try builder.conv("x", (3, 12), name: "a"))
    let b = try builder.batchNorm(a, 12, name: "bn")
    builder.node("Add", [builder.relu(b), a], ["y"])
    let graph = try blocked(builder)
    #expect(operatorCounts(graph) == ["aviary.BlockedConv": 2, "Relu": 1, "Add": 1, "aviary.Unblock": 1])
    #expect(graph.nodes.contains { $0.int("group") == 12 })
  }

  @Test func depthwiseAndGroups() throws {
    var builder = start()
    let a = builder.relu(try builder.conv("x", (3, 24), name: "a"))
    let b = try builder.conv(a, (24, 24), groups: 24, name: "b")
    let c = try builder.conv(b, (24, 24), kernel: 1, groups: 3, name: "c")
    builder.node("Relu", [c], ["y"])
    // Groups that are no whole blocks are left to the general kernels.
    let counts = operatorCounts(try blocked(builder))
    #expect(
      counts == (24 / 3 % lanes == 0
        ? ["aviary.BlockedConv": 3, "aviary.Unblock": 1]
        : ["aviary.BlockedConv": 2, "aviary.Unblock": 1, "aviary.Conv": 1]))
  }

  // MARK: Between convolutions

  @Test func concatOfWholeBlocks() throws {
    var builder = start()
    let parts = try [lanes, 2 * lanes, 5].map {
      builder.relu(try builder.conv("x", (3, $0), name: "a\($0)"))
    }
    builder.node("Concat", parts, ["c"], ["axis": .int(-3)])
    builder.node("Identity", [try builder.conv("c", (3 * lanes + 5, 6), name: "b")], ["y"])
    #expect(
      operatorCounts(try blocked(builder)) == ["aviary.BlockedConv": 4, "Concat": 1, "aviary.Unblock": 1])
  }

  @Test func concatOfIncompleteBlocksIsPlain() throws {
    var builder = start()
    let parts = try [lanes + 1, lanes].map { builder.relu(try builder.conv("x", (3, $0), name: "a\($0)")) }
    builder.node("Concat", parts, ["c"], ["axis": .int(1)])
    builder.node("Identity", [try builder.conv("c", (2 * lanes + 1, 6), name: "b")], ["y"])
    #expect(
      operatorCounts(try blocked(builder))
        == ["aviary.BlockedConv": 3, "Concat": 1, "aviary.Unblock": 3, "aviary.Block": 1])
  }

  @Test func concatAlongTheImageIsPlain() throws {
    var builder = start()
    let a = builder.relu(try builder.conv("x", (3, lanes), name: "a"))
    builder.node("Concat", [a, a], ["y"], ["axis": .int(2)])
    #expect(operatorCounts(try blocked(builder)) == ["aviary.BlockedConv": 1, "Concat": 1, "aviary.Unblock": 1])
  }

  /// The mean of what no depthwise convolution made stays a node; the gate goes in.
  @Test(arguments: [7, 12, 24]) func squeezeAndExcitation(channels: Int) throws {
    var builder = start()
    let a = builder.relu(try builder.conv("x", (3, channels), name: "a"))
    builder.node("GlobalAveragePool", [a], ["p"])
    let b = builder.relu(try builder.conv("p", (channels, 2), kernel: 1, name: "b"))
    builder.node("Sigmoid", [try builder.conv(b, (2, channels), kernel: 1, name: "c")], ["g"])
    builder.node("Mul", ["g", a], ["m"])
    builder.node("Identity", [try builder.conv("m", (channels, 4), kernel: 1, name: "d")], ["y"])
    #expect(
      operatorCounts(try blocked(builder)) == [
        "aviary.BlockedConv": 4, "aviary.BlockedGlobalAveragePool": 1, "aviary.Unblock": 1,
      ])
  }

  @Test func slopesForEachChannel() throws {
    for dims in [[12, 1, 1], [1, 12, 1, 1], [1]] {
      var builder = start()
      try builder.weights("slope", dims)
      builder.node("PRelu", [try builder.conv("x", (3, 12), name: "a"), "slope"], ["p"])
      builder.node("Identity", [try builder.conv("p", (12, 5), name: "b")], ["y"])
      #expect(
        operatorCounts(try blocked(builder)) == ["aviary.BlockedConv": 2, "PRelu": 1, "aviary.Unblock": 1])
    }
  }

  @Test(arguments: ["Max", "Min", "Mean", "Sum"]) func constantsForEachChannelAreFilledUp(type: String) throws {
    var builder = start()
    try builder.weights("k", [12, 1, 1])
    builder.node(type, [builder.relu(try builder.conv("x", (3, 12), name: "a")), "k"], ["m"])
    builder.node("Identity", [try builder.conv("m", (12, 5), name: "b")], ["y"])
    #expect(operatorCounts(try blocked(builder)) == ["aviary.BlockedConv": 2, type: 1, "aviary.Unblock": 1])
  }

  /// Dividing by blocked values would divide by the filling channels.
  @Test func nothingDividesByBlocks() throws {
    var builder = start()
    try builder.weights("k", [12, 1, 1])
    builder.node("Sigmoid", [try builder.conv("x", (3, 12), name: "a")], ["s"])
    builder.node("Div", ["k", "s"], ["q"])
    builder.node("Identity", [try builder.conv("q", (12, 5), name: "b")], ["y"])
    // Fewer channels than a block has go into the second convolution as they are.
    let door = 12 < lanes ? [:] : ["aviary.Block": 1]
    #expect(
      operatorCounts(try blocked(builder))
        == ["aviary.BlockedConv": 2, "Div": 1, "aviary.Unblock": 2].merging(door) { $1 })
  }

  @Test(arguments: ["MaxPool", "AveragePool"]) func pools(type: String) throws {
    var builder = start()
    let a = builder.relu(try builder.conv("x", (3, 12), name: "a"))
    builder.node(
      type, [a], ["p"],
      [
        "kernel_shape": .ints([3, 2]), "strides": .ints([2, 2]), "pads": .ints([1, 0, 0, 1]), "ceil_mode": .int(1),
      ])
    builder.node("Identity", [try builder.conv("p", (12, 5), name: "b")], ["y"])
    #expect(
      operatorCounts(try blocked(builder)) == ["aviary.BlockedConv": 2, "aviary.Blocked\(type)": 1, "aviary.Unblock": 1])
  }

  @Test func aPoolThatGivesIndicesIsPlain() throws {
    var builder = start()
    let a = builder.relu(try builder.conv("x", (3, 12), name: "a"))
    builder.node("MaxPool", [a], ["y", "i"], ["kernel_shape": .ints([2, 2])])
    builder.output("i", .int64)
    builder.output("y")
    let counts = operatorCounts(try Session(graph: builder.graph).graph)
    #expect(counts == ["aviary.BlockedConv": 1, "aviary.Unblock": 1, "MaxPool": 1])
  }

  // MARK: Borders

  @Test func aValueReadInBothLayouts() throws {
    var builder = start()
    let a = builder.relu(try builder.conv("x", (3, 12), name: "a"))
    builder.node("Exp", [a], ["e"])
    builder.node("Identity", [try builder.conv(a, (12, 5), name: "b")], ["y"])
    #expect(
      operatorCounts(try blocked(builder, outputs: ["y", "e"]))
        == ["aviary.BlockedConv": 2, "Exp": 1, "aviary.Unblock": 2])
  }

  @Test func anOutputInsideARegion() throws {
    var builder = start()
    let a = builder.relu(try builder.conv("x", (3, 12), name: "a"))
    builder.node("Identity", [try builder.conv(a, (12, 5), name: "b")], ["y"])
    #expect(
      operatorCounts(try blocked(builder, outputs: [a, "y"])) == ["aviary.BlockedConv": 2, "aviary.Unblock": 2])
  }

  @Test func anInputReadTwiceIsReorderedOnce() throws {
    var builder = start(24)
    let (a, b) = (try builder.conv("x", (24, 5), name: "a"), try builder.conv("x", (24, 5), name: "b"))
    builder.node("Add", [builder.relu(a), builder.relu(b)], ["y"])
    #expect(
      operatorCounts(try blocked(builder, dims: [2, 24, 9, 9]))
        == ["aviary.BlockedConv": 2, "aviary.Block": 1, "Add": 1, "aviary.Unblock": 1])
  }

  @Test func extentsThatAreNotKnown() throws {
    var builder = GraphBuilder()
    builder.input("x", [.symbol("N"), 3, .symbol("H"), .symbol("W")])
    let a = builder.relu(try builder.conv("x", (3, 12), name: "a"))
    builder.node("AveragePool", [a], ["p"], ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])])
    builder.node("Identity", [try builder.conv("p", (12, 12), name: "b")], ["y"])
    builder.output("y")
    let session = try Session(graph: builder.graph)
    #expect(
      operatorCounts(session.graph)
        == ["aviary.BlockedConv": 2, "aviary.BlockedAveragePool": 1, "aviary.Unblock": 1])
    var options = SessionOptions()
    options.optimize = false
    let plain = try Session(graph: builder.graph, options: options)
    for dims in [[1, 3, 8, 8], [3, 3, 33, 5], [2, 3, 2, 70], [0, 3, 4, 4]] {
      let x = try randomTensor(dims, seed: 4)
      let (found, expected) = (try session.run(["x": x])["y"], try plain.run(["x": x])["y"])
      #expect(try relativeError(try #require(found), try #require(expected)) < 1e-4)
    }
  }

  @Test(arguments: [1, 3, 24]) func channelsLast(channels: Int) throws {
    var builder = GraphBuilder()
    builder.input("x", [.symbol("N"), 9, 9, .known(channels)])
    builder.node("Transpose", ["x"], ["t"], ["perm": .ints([0, 3, 1, 2])])
    let a = builder.relu(try builder.conv("t", (channels, 12), name: "a"))
    let b = builder.relu(try builder.conv(a, (12, 7), name: "b"))
    builder.node("Transpose", [b], ["y"], ["perm": .ints([0, 2, 3, 1])])
    let graph = try blocked(builder, dims: [2, 9, 9, channels])
    let counts = operatorCounts(graph)
    #expect(counts["aviary.BlockedConv"] == 2 && counts["aviary.Unblock"] == 1)
    if channels >= lanes {
      // The way in is one reorder; the transpose that it replaces is gone.
      let block = try #require(graph.nodes.first { $0.id.name == "Block" })
      #expect(block.string("layout") == "NHWC" && block.inputs == ["x"])
      #expect(counts["aviary.Block"] == 1 && counts["Transpose"] == 1)
    }
  }

  @Test func graphsWithoutConvolutionsStay() throws {
    var builder = start()
    builder.node("MaxPool", ["x"], ["p"], ["kernel_shape": .ints([2, 2])])
    builder.node("Relu", ["p"], ["y"])
    #expect(operatorCounts(try blocked(builder)) == ["MaxPool": 1, "Relu": 1])
  }

  @Test func doublesAndOtherRanksStay() throws {
    var builder = GraphBuilder()
    builder.input("x", [2, 3, 9])
    try builder.weights("w", [4, 3, 3])
    builder.node("Conv", ["x", "w"], ["y"])
    #expect(operatorCounts(try blocked(builder, dims: [2, 3, 9])) == ["Conv": 1])
    builder = GraphBuilder()
    builder.input("x", [2, 3, 9, 9], .double)
    builder.constant("w", try Tensor([Double](repeating: 0.5, count: 27), shape: try Shape([1, 3, 3, 3])))
    builder.node("Conv", ["x", "w"], ["y"])
    builder.output("y", .double)
    #expect(operatorCounts(try Session(graph: builder.graph).graph) == ["Conv": 1])
  }
}
