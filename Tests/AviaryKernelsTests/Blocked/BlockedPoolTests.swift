import AviaryKernels
import TestSupport
import Testing

@Suite struct BlockedPoolTests {
  /// One plane by the definition; `nil` where a window has no element of the image.
  private static func definition(
    _ kind: BlockedPool.Kind, _ x: ArraySlice<Float>, _ rows: WindowAxis, _ columns: WindowAxis
  ) -> [Double]? {
    var y: [Double] = []
    for row in 0..<rows.output {
      for column in 0..<columns.output {
        var (inside, padded, sum, most) = (0, 0, 0.0, -Double.infinity)
        for i in 0..<rows.kernel {
          for j in 0..<columns.kernel {
            let r = row * rows.stride - rows.padBegin + i * rows.dilation
            let c = column * columns.stride - columns.padBegin + j * columns.dilation
            guard r < rows.input + rows.padEnd, c < columns.input + columns.padEnd else { continue }
            padded += 1
            guard (0..<rows.input).contains(r), (0..<columns.input).contains(c) else { continue }
            inside += 1
            let value = Double(x[x.startIndex + r * columns.input + c])
            sum += value
            most = value.isNaN || most.isNaN ? .nan : max(most, value)
          }
        }
        guard inside > 0 else { return nil }
        switch kind {
        case .max: y.append(most)
        case .average(let includePadding): y.append(sum / Double(includePadding ? padded : inside))
        }
      }
    }
    return y
  }

  /// Maximum (with NaN among the pixels) and averages, rounding up or down.
  @Test(arguments: 0..<90) func agreesWithTheDefinition(seed: Int) throws {
    let kind = [BlockedPool.Kind.max, .average(includePadding: false), .average(includePadding: true)][seed % 3]
    var random = RandomPlanes(seed: 11000 + seed)
    let axes = random.window(
      largest: seed % 5 == 0 ? 40 : 12, kernels: 1...5, dilations: 1...2, ceilMode: random.flip())
    let (rows, columns) = (axes[0], axes[1])
    let (batch, channels) = (random.pick(1...2), random.channels())
    let (area, outArea) = (rows.input * columns.input, rows.output * columns.output)
    var x = random.generator.floats(batch * channels * area)
    if kind == .max { for index in x.indices where random.pick(0...20) == 0 { x[index] = .nan } }
    var expected: [Double]? = []
    for plane in 0..<batch * channels {
      let part = Self.definition(kind, x[plane * area..<(plane + 1) * area], rows, columns)
      expected = part.flatMap { part in expected.map { $0 + part } }
    }
    for set in availableSets {
      let kernels = try #require(TileKernels(name: set))
      let lanes = Int(kernels.table.lanes)
      let blocks = BlockLayout(lanes: lanes).blocks(channels)
      let pool = try BlockedPool(kind, planes: batch * blocks, rows: rows, columns: columns, kernels: kernels)
      #expect((pool == nil) == (expected == nil), "\(rows) \(columns)")
      guard let pool, let expected else { continue }
      let input = BlockedImages.blocked(x, batch: batch, channels: channels, area: area, lanes: lanes)
      var results: [[UInt32]] = []
      for threads in [1, 2, 4] {
        var y = GuardedFloats(batch * blocks * outArea * lanes)
        let isWithin = y.write { pool.run(x: input, y: $0, parallel: ThreadPool.shared(threads: threads)) }
        #expect(isWithin)
        let plain = BlockedImages.plain(
          y.written, batch: batch, channels: channels, area: outArea, lanes: lanes)
        #expect(
          zip(plain, expected).allSatisfy { $0.isNaN && $1.isNaN || abs(Double($0) - $1) < 1e-6 },
          "\(kind) \(set) \(rows) \(columns)")
        results.append(plain.map(\.bitPattern))
      }
      #expect(results.allSatisfy { $0 == results[0] }, "threads differ")
    }
  }
}
