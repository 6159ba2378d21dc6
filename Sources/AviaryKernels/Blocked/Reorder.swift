import AviaryCore
import CSIMD

/// Reorders images between blocked layout and the plain ones.
package struct Reorder: Sendable {
  /// Where the channels of a plain image stand.
  package enum Plain: Sendable, Equatable {
    /// N x C x H x W.
    case channelsFirst
    /// N x H x W x C.
    case channelsLast
  }

  private let batch: Int
  private let channels: Int
  private let area: Int
  private let plain: Plain
  private let kernels: TileKernels
  private let lanes: Int
  private let blocks: Int

  package init(batch: Int, channels: Int, area: Int, plain: Plain, kernels: TileKernels = .current) {
    self.batch = batch
    self.channels = channels
    self.area = area
    self.plain = plain
    self.kernels = kernels
    lanes = Int(kernels.table.lanes)
    blocks = BlockLayout(lanes: lanes).blocks(channels)
  }

  /// Pixels of one job.
  private static let chunk = 4096

  private func forEachPart(
    _ parallel: any Parallel, _ body: (_ plain: Int, _ blocked: Int, _ channels: Int, _ pixels: Int) -> Void
  ) {
    let chunks = (area + Self.chunk - 1) / Self.chunk
    let jobs = batch * blocks * chunks
    parallel.forEach(jobs, grain: max(1, 1024 / max(1, min(area, Self.chunk)))) { range, _ in
      for job in range {
        let (plane, chunk) = job.quotientAndRemainder(dividingBy: chunks)
        let (image, block) = plane.quotientAndRemainder(dividingBy: blocks)
        let first = chunk * Self.chunk
        let start =
          plain == .channelsFirst
          ? (image * channels + block * lanes) * area + first
          : (image * area + first) * channels + block * lanes
        body(
          start, (plane * area + first) * lanes, min(lanes, channels - block * lanes),
          min(Self.chunk, area - first))
      }
    }
  }

  private var channelStep: Int { plain == .channelsFirst ? area : 1 }
  private var pixelStep: Int { plain == .channelsFirst ? 1 : channels }

  /// Plain to blocked; the channels beyond the last become 0.
  package func block(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, parallel: any Parallel) {
    forEachPart(parallel) { start, blocked, count, pixels in
      kernels.table.block(y + blocked, x + start, channelStep, pixelStep, count, pixels)
    }
  }

  /// Blocked to plain.
  package func unblock(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, parallel: any Parallel) {
    forEachPart(parallel) { start, blocked, count, pixels in
      kernels.table.unblock(y + start, channelStep, pixelStep, x + blocked, count, pixels)
    }
  }

  /// The mean of each channel of blocked images, in blocked layout (N x C/c x 1 x 1 x c).
  package func means(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, parallel: any Parallel) {
    parallel.forEach(batch * blocks, grain: max(1, 4096 / max(1, area))) { range, _ in
      for plane in range {
        kernels.table.pixel_mean(x + plane * area * lanes, area, 1 / Float(area), y + plane * lanes)
      }
    }
  }
}
