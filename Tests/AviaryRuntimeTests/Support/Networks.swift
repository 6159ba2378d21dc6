import AviaryCore
import TestSupport

extension GraphBuilder {
  /// Conv and BatchNormalization, as PyTorch exports them; returns the name of the result.
  mutating func convNorm(
    _ x: String, _ channels: (Int, Int), kernel: Int, stride: Int = 1, name: String
  ) throws -> String {
    try weights("\(name).w", [channels.1, channels.0, kernel, kernel])
    let pad = Int64(kernel / 2)
    node(
      "Conv", [x, "\(name).w"], ["\(name).conv"],
      [
        "kernel_shape": .ints([Int64(kernel), Int64(kernel)]), "strides": .ints([Int64(stride), Int64(stride)]),
        "pads": .ints([pad, pad, pad, pad]),
      ])
    return try batchNorm("\(name).conv", channels.1, name: name)
  }

  /// Conv with padding that keeps the image's size; returns the name of the result.
  mutating func conv(
    _ x: String, _ channels: (Int, Int), kernel: Int = 3, groups: Int = 1, name: String
  ) throws -> String {
    try weights("\(name).w", [channels.1, channels.0 / groups, kernel, kernel])
    try weights("\(name).b", [channels.1])
    let pad = Int64(kernel / 2)
    node(
      "Conv", [x, "\(name).w", "\(name).b"], ["\(name).conv"],
      ["pads": .ints([pad, pad, pad, pad]), "group": .int(Int64(groups))])
    return "\(name).conv"
  }

  /// BatchNormalization with statistics that make a wrong folding show.
  mutating func batchNorm(_ x: String, _ channels: Int, name: String) throws -> String {
    var generator = SeededGenerator(seed: name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
    func vector(_ range: ClosedRange<Float>) throws -> Tensor {
      try Tensor((0..<channels).map { _ in Float.random(in: range, using: &generator) })
    }
    constant("\(name).scale", try vector(0.5...1.5))
    constant("\(name).bias", try vector(-0.3...0.3))
    constant("\(name).mean", try vector(-0.3...0.3))
    constant("\(name).var", try vector(0.5...1.5))
    node(
      "BatchNormalization", [x, "\(name).scale", "\(name).bias", "\(name).mean", "\(name).var"],
      ["\(name).bn"], ["epsilon": .float(1e-5)])
    return "\(name).bn"
  }

  mutating func relu(_ x: String) -> String {
    node("Relu", [x], ["\(x).relu"])
    return "\(x).relu"
  }

  /// ResNet-50 (He et al., 2015, table 1) with `width` channels where the paper has 64.
  static func resNet50(width: Int, size: Int) throws -> Graph {
    var builder = GraphBuilder()
    builder.input("input", [.symbol("N"), 3, .known(size), .known(size)])
    var x = builder.relu(try builder.convNorm("input", (3, width), kernel: 7, stride: 2, name: "stem"))
    builder.node(
      "MaxPool", [x], ["pool"],
      ["kernel_shape": .ints([3, 3]), "strides": .ints([2, 2]), "pads": .ints([1, 1, 1, 1])])
    x = "pool"
    var channels = width
    for (stage, blocks) in [3, 4, 6, 3].enumerated() {
      let inner = width << stage
      for block in 0..<blocks {
        let name = "layer\(stage + 1).\(block)"
        let stride = stage > 0 && block == 0 ? 2 : 1
        var shortcut = x
        var y = builder.relu(try builder.convNorm(x, (channels, inner), kernel: 1, name: name + ".1"))
        y = builder.relu(try builder.convNorm(y, (inner, inner), kernel: 3, stride: stride, name: name + ".2"))
        y = try builder.convNorm(y, (inner, 4 * inner), kernel: 1, name: name + ".3")
        if block == 0 {
          shortcut = try builder.convNorm(x, (channels, 4 * inner), kernel: 1, stride: stride, name: name + ".d")
        }
        builder.node("Add", [y, shortcut], ["\(name).sum"])
        x = builder.relu("\(name).sum")
        channels = 4 * inner
      }
    }
    builder.node("GlobalAveragePool", [x], ["gap"])
    builder.node("Flatten", ["gap"], ["flat"], ["axis": .int(1)])
    try builder.weights("fc.w", [7, channels])
    try builder.weights("fc.b", [7])
    builder.node("Gemm", ["flat", "fc.w", "fc.b"], ["output"], ["transB": .int(1)])
    builder.output("output")
    return builder.graph
  }

  /// A small Keras classifier as it stands before any exporter's own clean-up: NHWC, a Transpose around
  /// every convolution, BatchNorm as Mul and Add, a flattening dense head.
  static func kerasCNN() throws -> Graph {
    var builder = GraphBuilder()
    builder.input("input", [.symbol("N"), 12, 12, 3])
    var x = "input"
    var channels = 3
    for (index, width) in [8, 12].enumerated() {
      let name = "block\(index)"
      builder.node("Transpose", [x], ["\(name).nchw"], ["perm": .ints([0, 3, 1, 2])])
      try builder.weights("\(name).w", [width, channels, 3, 3])
      builder.node(
        "Conv", ["\(name).nchw", "\(name).w"], ["\(name).conv"],
        ["auto_pad": .string("SAME_UPPER"), "kernel_shape": .ints([3, 3])])
      builder.node("Transpose", ["\(name).conv"], ["\(name).nhwc"], ["perm": .ints([0, 2, 3, 1])])
      try builder.weights("\(name).gamma", [width])
      try builder.weights("\(name).beta", [1, 1, 1, width])
      builder.node("Mul", ["\(name).nhwc", "\(name).gamma"], ["\(name).mul"])
      builder.node("Add", ["\(name).mul", "\(name).beta"], ["\(name).add"])
      let active = builder.relu("\(name).add")
      builder.node("Transpose", [active], ["\(name).back"], ["perm": .ints([0, 3, 1, 2])])
      builder.node(
        "MaxPool", ["\(name).back"], ["\(name).pool"], ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])])
      builder.node("Transpose", ["\(name).pool"], ["\(name).out"], ["perm": .ints([0, 2, 3, 1])])
      x = "\(name).out"
      channels = width
    }
    builder.constant("target", try Tensor([-1, 108] as [Int64]))
    builder.node("Reshape", [x, "target"], ["flat"])
    try builder.weights("dense.w", [108, 7])
    try builder.weights("dense.b", [7])
    builder.node("MatMul", ["flat", "dense.w"], ["product"])
    builder.node("Add", ["product", "dense.b"], ["logits"])
    builder.node("Softmax", ["logits"], ["output"], ["axis": .int(-1)])
    builder.output("output")
    return builder.graph
  }
}
