import AviaryCore
import CSIMD

/// Convolution of bytes with 16-bit weights and 32-bit sums, over any number of spatial axes.
///
/// An image is laid out once with its channels side by side, less the zero point and with its padding; windows
/// are then runs of neighbours, which the strip kernel multiplies where they lie. A depthwise convolution keeps
/// its channels apart.
package struct IntegerConv: Sendable {
  package let geometry: ConvGeometry
  /// Extents that windows reach, padding included.
  private let extents: [Int]
  private let padded: Int
  private let isDepthwise: Bool
  /// Whether the innermost taps and the channels of a pixel form one run.
  private let joinsTaps: Bool
  private let kernels = TileKernels.current

  private static let jobPixels = 96

  /// - Returns: `nil` where the padded image overflows.
  package init?(_ geometry: ConvGeometry) {
    self.geometry = geometry
    isDepthwise = geometry.groupInputs == 1 && geometry.groupOutputs == 1 && geometry.groups > 1
    joinsTaps = geometry.groups == 1 && geometry.inner.dilation == 1
    var extents: [Int] = []
    var count = 1
    for axis in geometry.axes {
      let extent = max(0, axis.output - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1
      extents.append(extent)
      let (next, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else { return nil }
      count = next
    }
    let (all, overflow) = count.multipliedReportingOverflow(by: geometry.inputChannels)
    guard !overflow, all <= Int.max / 8 else { return nil }
    self.extents = extents
    padded = count
  }

  /// 16-bit numbers of scratch memory: one image, and a pair beyond its end.
  package var shortCount: Int { padded * geometry.inputChannels + 2 }
  /// 32-bit numbers of scratch memory for each thread.
  package var sumCount: Int {
    isDepthwise ? max(1, depthwiseRows * (extents.last ?? 1)) : Self.jobPixels * ShortPanels.width
  }

  /// Rows of a channel that are summed in one go, with what lies between them, which is thrown away: all rows where
  /// they follow each other, as many as stay in the first-level cache.
  private var depthwiseRows: Int {
    let axes = geometry.axes
    guard axes.count == 2, axes.allSatisfy({ $0.stride == 1 }) else { return 1 }
    return max(1, min(axes[0].output, 2048 / max(1, extents[1])))
  }

  /// The weights as this convolution reads them, one entry a group.
  ///
  /// - Parameter value: the weight less its zero point at a place of M x C/groups x taps.
  /// - Throws: `TensorError.outOfMemory`.
  package func pack(_ value: (Int) -> Int16) throws(TensorError) -> [ShortPanels] {
    guard !isDepthwise else {
      return [
        try ShortPanels(channels: geometry.groups, steps: 1, run: geometry.taps) { channel, _, tap in
          value(channel * geometry.taps + tap)
        }
      ]
    }
    let inner = geometry.inner.kernel
    let (inputs, taps) = (geometry.groupInputs, geometry.taps)
    var panels: [ShortPanels] = []
    for group in 0..<geometry.groups {
      let first = group * geometry.groupOutputs
      panels.append(
        try ShortPanels(
          channels: geometry.groupOutputs, steps: joinsTaps ? taps / inner : taps,
          run: joinsTaps ? inner * inputs : inputs
        ) { channel, step, i in
          let tap = joinsTaps ? step * inner + i / inputs : step
          return value(((first + channel) * inputs + i % inputs) * taps + tap)
        })
    }
    return panels
  }

  /// - Parameters:
  ///   - x: N x C x spatial bytes.
  ///   - result: receives N x M x spatial.
  ///   - shorts: `shortCount` elements.
  ///   - sums: `parallel.threads` times `sumCount`.
  package func run(
    _ x: UnsafeRawPointer, isSigned: Bool, zero: Int32, _ weights: [ShortPanels], _ result: IntegerResult,
    shorts: UnsafeMutablePointer<Int16>, sums: UnsafeMutablePointer<Int32>, parallel: any Parallel
  ) {
    guard geometry.batch > 0, geometry.outputArea > 0, geometry.outputChannels > 0 else { return }
    let tables = Tables(self)
    for n in 0..<geometry.batch {
      let image = x.assumingMemoryBound(to: UInt8.self) + n * geometry.inputChannels * geometry.inputArea
      spread(image, isSigned: isSigned, zero: zero, shorts, parallel)
      if isDepthwise {
        depthwise(UnsafePointer(shorts), tables, weights[0], result, image: n, sums: sums, parallel)
      } else {
        strips(UnsafePointer(shorts), tables, weights, result, image: n, sums: sums, parallel)
      }
    }
  }

  /// Offsets into the padded image.
  private struct Tables {
    /// Where the window of each output position begins.
    let pixels: [Int]
    let steps: [Int]

    init(_ conv: IntegerConv) {
      let geometry = conv.geometry
      let width = conv.isDepthwise ? 1 : geometry.inputChannels
      var strides = [Int](repeating: width, count: conv.extents.count)
      for axis in conv.extents.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * conv.extents[axis + 1] }
      func places(_ counts: [Int], _ step: (Int) -> Int) -> [Int] {
        var places = [0]
        for (axis, count) in counts.enumerated() {
          places = places.flatMap { place in (0..<count).map { place + $0 * step(axis) * strides[axis] } }
        }
        return places
      }
      let axes = geometry.axes
      pixels = places(axes.map(\.output)) { axes[$0].stride }
      var taps = axes.map(\.kernel)
      if conv.joinsTaps, !conv.isDepthwise, !taps.isEmpty { taps[taps.count - 1] = 1 }
      steps = places(taps) { axes[$0].dilation }
    }
  }

  /// Lays an image out.
  private func spread(
    _ x: UnsafePointer<UInt8>, isSigned: Bool, zero: Int32, _ shorts: UnsafeMutablePointer<Int16>,
    _ parallel: any Parallel
  ) {
    let inner = geometry.inner
    let length = extents.last ?? 1
    let rows = padded / length
    let outer = Array(geometry.outer)
    let channels = geometry.inputChannels
    let low = min(inner.padBegin, length)
    let count = max(0, min(inner.input, length - low))
    shorts[padded * channels] = 0
    shorts[padded * channels + 1] = 0
    parallel.forEach(rows, grain: max(1, 16384 / (length * max(1, channels)))) { range in
      for row in range {
        var (rest, source, isInside) = (row, 0, true)
        var step = inner.input
        for axis in outer.indices.reversed() {
          let place = rest % extents[axis] - outer[axis].padBegin
          rest /= extents[axis]
          isInside = isInside && place >= 0 && place < outer[axis].input
          source += place * step
          step *= outer[axis].input
        }
        let area = geometry.inputArea
        guard isDepthwise else {
          let to = shorts + row * length * channels
          guard isInside, count > 0 else {
            to.update(repeating: 0, count: length * channels)
            continue
          }
          to.update(repeating: 0, count: low * channels)
          kernels.table.short_block(
            to + low * channels, channels, x + source, area, channels, count, isSigned ? 1 : 0, zero)
          (to + (low + count) * channels).update(repeating: 0, count: max(0, length - low - count) * channels)
          continue
        }
        for c in 0..<channels {
          let to = shorts + (c * padded + row * length)
          guard isInside, count > 0 else {
            to.update(repeating: 0, count: length)
            continue
          }
          to.update(repeating: 0, count: low)
          kernels.table.short_spread(to + low, 1, x + (c * area + source), 1, count, isSigned ? 1 : 0, zero)
          (to + (low + count)).update(repeating: 0, count: max(0, length - low - count))
        }
      }
    }
  }

  private func strips(
    _ shorts: UnsafePointer<Int16>, _ tables: Tables, _ weights: [ShortPanels], _ result: IntegerResult, image: Int,
    sums: UnsafeMutablePointer<Int32>, _ parallel: any Parallel
  ) {
    let area = geometry.outputArea
    let blocks = (area + Self.jobPixels - 1) / Self.jobPixels
    let width = ShortPanels.width
    let padding = (geometry.groupOutputs + width - 1) / width * width
    let jobs = blocks * geometry.groups
    let work = min(area, Self.jobPixels) * geometry.depth * geometry.groupOutputs
    parallel.forEach(jobs, grain: max(1, 60_000 / max(1, work))) { range, worker in
      let sums = sums + worker * sumCount
      tables.pixels.withUnsafeBufferPointer { pixels in
        tables.steps.withUnsafeBufferPointer { steps in
          guard let pixels = pixels.baseAddress, let steps = steps.baseAddress else { return }
          for job in range {
            let (group, block) = job.quotientAndRemainder(dividingBy: blocks)
            let first = block * Self.jobPixels
            let count = min(Self.jobPixels, area - first)
            let panels = weights[group]
            for panel in 0..<panels.panels {
              var strip = aviary_short_strip(
                src: shorts + group * geometry.groupInputs, offsets: pixels + first, pixels: count, steps: steps,
                count: panels.steps, pairs: panels.pairs)
              kernels.table.short_strip(&strip, panels.panel(panel), sums)
              let channel = group * geometry.groupOutputs + panel * width
              let place = (image * geometry.outputChannels + channel) * area + first
              let some = min(width, geometry.groupOutputs - panel * width)
              store(sums, count, some, entry: group * padding + panel * width, place, result)
            }
          }
        }
      }
    }
  }

  /// Writes the sums of some channels, panel beside pixel, into rows of pixels.
  private func store(
    _ sums: UnsafePointer<Int32>, _ pixels: Int, _ channels: Int, entry: Int, _ place: Int, _ result: IntegerResult
  ) {
    let area = geometry.outputArea
    switch result {
    case .sums(let target):
      kernels.table.transpose(
        UnsafeMutableRawPointer(target.base + place).assumingMemoryBound(to: Float.self), area,
        UnsafeRawPointer(sums).assumingMemoryBound(to: Float.self), ShortPanels.width, pixels, channels)
    case .bytes(let target, let requantization):
      requantization.bias.withUnsafeBufferPointer { bias in
        requantization.scale.withUnsafeBufferPointer { scale in
          guard let bias = bias.baseAddress, let scale = scale.baseAddress else { return }
          kernels.table.short_finish(
            sums, pixels, channels, bias + entry, scale + entry, requantization.zero,
            requantization.isSigned ? 1 : 0, target.base + place, area, 1)
        }
      }
    }
  }

  private func depthwise(
    _ shorts: UnsafePointer<Int16>, _ tables: Tables, _ weights: ShortPanels, _ result: IntegerResult, image: Int,
    sums: UnsafeMutablePointer<Int32>, _ parallel: any Parallel
  ) {
    let length = geometry.inner.output
    let rows = geometry.outputArea / max(1, length)
    let width = ShortPanels.width
    let taps = geometry.taps
    let (together, extent) = (depthwiseRows, extents.last ?? 1)
    parallel.forEach(geometry.groups, grain: max(1, 30_000 / max(1, geometry.outputArea * taps))) { range, worker in
      let sums = sums + worker * sumCount
      for channel in range {
        let panel = weights.panel(channel / width)
        let lane = channel % width
        let own = (0..<taps).map { panel[($0 / 2 * width + lane) * 2 + $0 % 2] }
        for first in stride(from: 0, to: rows, by: together) {
          let some = min(together, rows - first)
          kernels.table.short_taps(
            shorts + (channel * padded + tables.pixels[first * length]), tables.steps, own, taps,
            geometry.inner.stride, sums, (some - 1) * extent + length)
          for row in 0..<some {
            let place = (image * geometry.groups + channel) * geometry.outputArea + (first + row) * length
            switch result {
            case .sums(let target): (target.base + place).update(from: sums + row * extent, count: length)
            case .bytes(let target, let requantization):
              // Groups of one channel are padded to a panel each.
              let entry = channel * width
              kernels.table.short_finish_row(
                sums + row * extent, length, requantization.bias[entry], requantization.scale[entry],
                requantization.zero, requantization.isSigned ? 1 : 0, target.base + place)
            }
          }
        }
      }
    }
  }
}
