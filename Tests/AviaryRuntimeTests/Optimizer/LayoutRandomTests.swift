import AviaryCore
import TestSupport
import Testing

@testable import AviaryRuntime

/// Random networks of convolutions and what stands between them: the layout pass changes no result.
@Suite struct LayoutRandomTests {
  private struct Image {
    let name: String
    let channels: Int
    /// Halvings of the input's height and width so far.
    let halvings: Int
  }

  /// A graph of `count` operators on images, seeded.
  private struct Network {
    var builder = GraphBuilder()
    var images: [Image] = []
    var generator: SeededGenerator
    private var serial = 0

    init(seed: Int) {
      generator = SeededGenerator(seed: UInt64(seed))
      let channels = [1, 3, 7, 12, 24].randomElement(using: &generator) ?? 3
      builder.input("x", [.symbol("N"), .known(channels), .symbol("H"), .symbol("W")])
      images = [Image(name: "x", channels: channels, halvings: 0)]
    }

    mutating func pick(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &generator) }

    private mutating func fresh() -> String {
      serial += 1
      return "v\(serial)"
    }

    /// Weights that keep sums near 1 in size.
    private mutating func weights(_ dims: [Int]) throws -> String {
      let name = fresh() + ".w"
      let fan = dims.dropFirst().reduce(1, *)
      let shape = try Shape(dims)
      let bound = (3 / Float(max(1, fan))).squareRoot()
      builder.constant(
        name,
        try Tensor((0..<shape.count).map { _ in Float.random(in: -bound...bound, using: &generator) }, shape: shape))
      return name
    }

    private mutating func add(
      _ type: String, _ inputs: [String], like image: Image, _ attributes: [String: AttributeValue] = [:],
      channels: Int? = nil, halvings: Int = 0
    ) {
      let name = fresh()
      builder.node(type, inputs, [name], attributes)
      images.append(
        Image(name: name, channels: channels ?? image.channels, halvings: image.halvings + halvings))
    }

    private mutating func conv(_ image: Image) throws {
      let kernel = [1, 1, 3, 3, 3, 5].randomElement(using: &generator) ?? 3
      let stride = image.halvings < 2 && pick(0...4) == 0 ? 2 : 1
      let isDepthwise = pick(0...3) == 0
      let channels = isDepthwise ? image.channels : [1, 3, 7, 8, 12, 16, 24].randomElement(using: &generator) ?? 8
      let pad = Int64(kernel / 2)
      var inputs = [
        image.name, try weights([channels, isDepthwise ? 1 : image.channels, kernel, kernel]),
      ]
      if pick(0...1) == 0 { inputs.append(try weights([channels])) }
      add(
        "Conv", inputs, like: image,
        [
          "strides": .ints([Int64(stride), Int64(stride)]), "pads": .ints([pad, pad, pad, pad]),
          "group": .int(isDepthwise ? Int64(channels) : 1),
        ], channels: channels, halvings: stride - 1)
    }

    mutating func grow() throws {
      // Mostly the newest, so that chains come about.
      let image = pick(0...2) > 0 ? images[images.count - 1] : images.randomElement(using: &generator) ?? images[0]
      let channels = image.channels
      switch pick(0...15) {
      case 0...4: try conv(image)
      case 5, 6:
        let type = ["Relu", "Sigmoid", "LeakyRelu", "HardSwish", "Tanh", "Exp"].randomElement(using: &generator)
        add(type ?? "Relu", [image.name], like: image)
      case 7, 8:
        let name = fresh()
        let y = try builder.batchNorm(image.name, channels, name: name)
        images.append(Image(name: y, channels: channels, halvings: image.halvings))
      case 9:
        let others = images.filter { $0.channels == channels && $0.halvings == image.halvings }
        let other = others.randomElement(using: &generator) ?? image
        add(pick(0...2) == 0 ? "Mul" : "Add", [image.name, other.name], like: image)
      case 10:
        let others = images.filter { $0.halvings == image.halvings }
        let other = others.randomElement(using: &generator) ?? image
        guard channels + other.channels < 60 else { return }
        add(
          "Concat", [image.name, other.name], like: image, ["axis": .int(1)],
          channels: channels + other.channels)
      case 11:
        guard image.halvings < 2 else { return }
        add(
          pick(0...1) == 0 ? "MaxPool" : "AveragePool", [image.name], like: image,
          [
            "kernel_shape": .ints([3, 3]), "strides": .ints([2, 2]), "pads": .ints([1, 1, 1, 1]),
          ], halvings: 1)
      case 12:
        // A gate from the image's means.
        let (pooled, gate, active) = (fresh(), fresh(), fresh())
        builder.node("GlobalAveragePool", [image.name], [pooled])
        builder.node("Conv", [pooled, try weights([channels, channels, 1, 1])], [gate])
        builder.node("Sigmoid", [gate], [active])
        add("Mul", [image.name, active], like: image)
      case 13:
        let dims = [[channels, 1, 1], [1, channels, 1, 1], [1]].randomElement(using: &generator) ?? [1]
        let type = ["Mul", "Add", "Sub", "Max", "PRelu"].randomElement(using: &generator) ?? "Mul"
        let constant = try weights(dims)
        let isSwapped = type == "Sub" && pick(0...1) == 0
        add(type, isSwapped ? [constant, image.name] : [image.name, constant], like: image)
      case 14:
        // Channels last and back, with something along the channels in between.
        let (last, scaled) = (fresh(), fresh())
        builder.node("Transpose", [image.name], [last], ["perm": .ints([0, 2, 3, 1])])
        builder.node("Mul", [last, try weights([channels])], [scaled])
        add("Transpose", [scaled], like: image, ["perm": .ints([0, 3, 1, 2])])
      default: add("Softmax", [image.name], like: image, ["axis": .int(1)])
      }
    }
  }

  @Test(arguments: 0..<100) func passesOnAndOffAgree(seed: Int) throws {
    var network = Network(seed: seed)
    for _ in 0..<network.pick(3...18) { try network.grow() }
    var outputs: Set<String> = [network.images[network.images.count - 1].name]
    for _ in 0..<2 {
      if let image = network.images.dropFirst().randomElement(using: &network.generator) { outputs.insert(image.name) }
    }
    guard network.images.count > 1 else { return }
    for name in outputs.sorted() { network.builder.output(name) }
    let graph = network.builder.graph

    var options = SessionOptions()
    options.threads = 2
    let optimized = try Session(graph: graph, options: options)
    options.disabledPasses = ["layout-assignment"]
    let unblocked = try Session(graph: graph, options: options)
    options.optimize = false
    let plain = try Session(graph: graph, options: options)
    // Two shapes: plans of one session share packed weights.
    for dims in [[2, 12, 16], [1, 17, 8]] {
      let channels = network.images[0].channels
      let x = try randomTensor([dims[0], channels, dims[1], dims[2]], seed: UInt64(seed) + 7)
      let expected = try plain.run(["x": x])
      let (found, between) = (try optimized.run(["x": x]), try unblocked.run(["x": x]))
      for name in outputs {
        let truth = try #require(expected[name])
        #expect(try relativeError(try #require(found[name]), truth) < 1e-4, "\(name), all passes")
        #expect(try relativeError(try #require(between[name]), truth) < 1e-4, "\(name), without blocks")
      }
    }
  }
}
