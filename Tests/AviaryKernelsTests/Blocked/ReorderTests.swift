import AviaryKernels
import TestSupport
import Testing

@Suite struct ReorderTests {
  /// N x C x area as N x area x C.
  private static func channelsLast(_ x: [Float], batch: Int, channels: Int, area: Int) -> [Float] {
    var y = x
    for n in 0..<batch {
      for c in 0..<channels {
        for p in 0..<area { y[(n * area + p) * channels + c] = x[(n * channels + c) * area + p] }
      }
    }
    return y
  }

  /// There and back, both plain layouts, every number of channels in an incomplete block.
  @Test(arguments: 1...34) func thereAndBack(channels: Int) throws {
    var random = RandomPlanes(seed: 12000 + channels)
    for area in [1, random.pick(2...40), channels == 13 ? 9001 : random.pick(40...300)] {
      let batch = random.pick(1...3)
      let x = random.generator.floats(batch * channels * area)
      for set in availableSets {
        let kernels = try #require(TileKernels(name: set))
        let lanes = Int(kernels.table.lanes)
        let blocks = BlockLayout(lanes: lanes).blocks(channels)
        let expected = BlockedImages.blocked(x, batch: batch, channels: channels, area: area, lanes: lanes)
        for plain in [Reorder.Plain.channelsFirst, .channelsLast] {
          let source =
            plain == .channelsFirst ? x : Self.channelsLast(x, batch: batch, channels: channels, area: area)
          let reorder = Reorder(batch: batch, channels: channels, area: area, plain: plain, kernels: kernels)
          for threads in [1, 2, 4] {
            let parallel = ThreadPool.shared(threads: threads)
            var blocked = GuardedFloats(expected.count)
            let blockedWithin = blocked.write { reorder.block(source, $0, parallel: parallel) }
            #expect(blockedWithin)
            // The filling channels are 0 here, whatever stands for them in `expected`.
            let found = blocked.written
            let isRight = found.indices.allSatisfy { index in
              let channel = index / (area * lanes) % blocks * lanes + index % lanes
              return found[index] == (channel < channels ? expected[index] : 0)
            }
            #expect(isRight, "\(set) \(plain) \(channels) x \(area)")
            var back = GuardedFloats(x.count)
            // From filled-up blocks that hold something else.
            let backWithin = back.write { reorder.unblock(expected, $0, parallel: parallel) }
            #expect(backWithin)
            #expect(back.written == source, "\(set) \(plain) \(channels) x \(area)")
          }
        }
      }
    }
  }

  @Test(arguments: [1, 2, 3, 7, 49, 130, 2000], availableSets) func means(area: Int, set: String) throws {
    let kernels = try #require(TileKernels(name: set))
    let lanes = Int(kernels.table.lanes)
    var generator = SeededGenerator(seed: UInt64(area))
    let (batch, channels) = (2, 21)
    let x = generator.floats(batch * channels * area)
    let expected = (0..<batch * channels).map { plane in
      x[plane * area..<(plane + 1) * area].reduce(0.0) { $0 + Double($1) } / Double(area)
    }
    let input = BlockedImages.blocked(x, batch: batch, channels: channels, area: area, lanes: lanes)
    let reorder = Reorder(batch: batch, channels: channels, area: area, plain: .channelsFirst, kernels: kernels)
    for threads in [1, 2, 4] {
      var y = GuardedFloats(batch * BlockLayout(lanes: lanes).blocks(channels) * lanes)
      let isWithin = y.write { reorder.means(input, $0, parallel: ThreadPool.shared(threads: threads)) }
      #expect(isWithin)
      let plain = BlockedImages.plain(y.written, batch: batch, channels: channels, area: 1, lanes: lanes)
      #expect(scaledError(plain, expected) < 1e-6)
    }
  }
}
