import AviaryCore
import AviaryKernels
import TestSupport
import Testing

@Suite struct ConvTests {
  /// Convolution read off its definition, output by output.
  static func definition(
    _ g: ConvGeometry, _ x: [Float], _ w: [Float], _ bias: [Float], _ residual: [Float],
    _ activation: Activation
  ) -> [Double] {
    let taps = g.axes.reduce(1) { $0 * $1.kernel }
    let inArea = g.axes.reduce(1) { $0 * $1.input }
    let outArea = g.axes.reduce(1) { $0 * $1.output }
    /// The digits of a number over the extents, last fastest.
    func digits(_ index: Int, _ extents: [Int]) -> [Int] {
      var (rest, digits) = (index, [Int]())
      for extent in extents.reversed() {
        digits.insert(rest % extent, at: 0)
        rest /= extent
      }
      return digits
    }
    var y: [Double] = []
    for n in 0..<g.batch {
      for m in 0..<g.outputChannels {
        for o in 0..<outArea {
          let out = digits(o, g.axes.map(\.output))
          var sum = Double(bias[m]) + Double(residual[y.count])
          for c in 0..<g.groupInputs {
            let channel = n * g.inputChannels + m / g.groupOutputs * g.groupInputs + c
            for t in 0..<taps {
              let tap = digits(t, g.axes.map(\.kernel))
              var index = 0
              var inside = true
              for (axis, spec) in g.axes.enumerated() {
                let i = out[axis] * spec.stride - spec.padBegin + tap[axis] * spec.dilation
                inside = inside && (0..<spec.input).contains(i)
                index = index * spec.input + i
              }
              if inside {
                sum += Double(x[channel * inArea + index]) * Double(w[(m * g.groupInputs + c) * taps + t])
              }
            }
          }
          y.append(activation(sum))
        }
      }
    }
    return y
  }

  static func randomGeometry(_ seed: Int) throws -> ConvGeometry {
    var generator = SeededGenerator(seed: UInt64(seed))
    func pick(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &generator) }
    let rank = [2, 2, 2, 1, 3, 4][seed % 6]
    let depthwise = seed % 3 == 0
    // Many filters of many taps over one channel.
    let wide = seed % 12 == 9
    let groups = depthwise ? pick(1...9) : pick(0...3) == 0 ? pick(2...3) : 1
    let inputs = groups * (depthwise ? 1 : pick(1...16))
    let outputs = groups * (wide ? pick(8...20) : depthwise ? pick(1...2) : pick(1...16))
    while true {
      var window = WindowAttributes()
      let largest = rank == 1 ? 300 : rank == 2 ? 21 : 6
      let input = (0..<rank).map { _ in pick(1...largest) }
      let pointwise = pick(0...4) == 0
      let kernel = (0..<rank).map { _ in wide ? pick(32...90) : pointwise ? 1 : pick(1...5) }
      window.strides = (0..<rank).map { _ in pick(1...3) }
      window.dilations = (0..<rank).map { _ in pick(1...2) }
      switch pick(0...3) {
      case 0: window.autoPad = .sameUpper
      case 1: window.autoPad = .sameLower
      default: window.pads = (0..<2 * rank).map { _ in pick(0...3) }
      }
      if pointwise && pick(0...1) == 0 {
        window.strides = []
        window.pads = []
      }
      guard let axes = try? window.axes(input: input, kernel: kernel) else { continue }
      return ConvGeometry(
        batch: pick(1...5), groups: groups, inputChannels: inputs, outputChannels: outputs, axes: axes)
    }
  }

  @Test(arguments: availableSets, Array(0..<72))
  func ladderAgreesWithTheDefinition(set: String, seed: Int) throws {
    let kernels = try #require(TileKernels(name: set))
    let g = try Self.randomGeometry(seed)
    var generator = SeededGenerator(seed: UInt64(seed) + 1000)
    let x = generator.floats(g.batch * g.inputChannels * g.inputArea)
    let w = generator.floats(g.outputChannels * g.depth)
    let bias = generator.floats(g.outputChannels)
    let residual = generator.floats(g.batch * g.outputChannels * g.outputArea)
    let activation = Activation(.leakyRelu, 0.5)
    let expected = Self.definition(g, x, w, bias, residual, activation)
    let conv = ConvKernel(g, kernels: kernels)
    var results: [[Float]] = []
    for threads in [1, 2] {
      var y = [Float](repeating: .nan, count: residual.count)
      var memory = [Float](repeating: .nan, count: conv.scratchSize * threads)
      try x.withUnsafeBufferPointer { x in
        try w.withUnsafeBufferPointer { w in
          let packed = try ConvKernel.pack(
            w, groups: g.groups, outputChannels: g.outputChannels, depth: g.depth, kernels: kernels)
          bias.withUnsafeBufferPointer { bias in
            residual.withUnsafeBufferPointer { residual in
              y.withUnsafeMutableBufferPointer { y in
                memory.withUnsafeMutableBufferPointer { memory in
                  conv.run(
                    x: x, plain: w, packed: packed, bias: bias, residual: residual, y: y,
                    activation: activation,
                    scratch: WorkerScratch(memory, slots: threads, slotSize: conv.scratchSize),
                    parallel: ThreadPool.shared(threads: threads))
                }
              }
            }
          }
        }
      }
      results.append(y)
    }
    #expect(results[0] == results[1], "one and two threads differ")
    #expect(scaledError(results[0], expected) < 1e-5, "\(conv.rungName) \(g)")
    // The slow kernel, which computes double precision, against the same truth.
    var slow = [Double](repeating: 0, count: expected.count)
    let (xd, wd, bd) = (x.map { Double($0) }, w.map { Double($0) }, bias.map { Double($0) })
    xd.withUnsafeBufferPointer { x in
      wd.withUnsafeBufferPointer { w in
        bd.withUnsafeBufferPointer { bias in
          slow.withUnsafeMutableBufferPointer { y in
            ConvReference.run(
              g, x: x, weights: w, bias: bias, y: y, parallel: ThreadPool.shared(threads: 2))
          }
        }
      }
    }
    let finished = zip(slow, residual).map { activation($0 + Double($1)) }
    #expect(zip(finished, expected).allSatisfy { abs($0 - $1) < 1e-12 * max(1, abs($1)) * 100 })
  }

  @Test func everyRungIsTested() throws {
    let names = Set(try (0..<72).map { ConvKernel(try Self.randomGeometry($0)).rungName })
    #expect(names.isSuperset(of: ["depthwise", "pointwise", "product"]))
    for seed in stride(from: 9, to: 72, by: 12) {
      let geometry = try Self.randomGeometry(seed)
      #expect(geometry.groupInputs == 1 && ConvKernel(geometry).rungName == "product")
    }
  }

  @Test func emptyExtents() throws {
    let axis = WindowAxis(input: 0, output: 0, kernel: 1)
    for geometry in [
      ConvGeometry(batch: 0, groups: 1, inputChannels: 3, outputChannels: 4, axes: [axis]),
      ConvGeometry(batch: 2, groups: 1, inputChannels: 3, outputChannels: 4, axes: [axis]),
    ] {
      #expect(ConvKernel(geometry).scratchSize >= 0)
    }
  }
}
