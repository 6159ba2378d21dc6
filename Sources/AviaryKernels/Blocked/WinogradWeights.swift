import AviaryCore
import CSIMD

/// Weights M x C x 3 x 3 transformed for F(m x m, 3 x 3): (m + 2)^2 matrices C x M, each in panels of two
/// blocks of output channels as the pixel tile reads them.
package struct WinogradWeights: Sendable {
  /// Outputs of a tile along an axis: 2 or 4.
  package let tile: Int
  let inputBlocks: Int
  let outputBlocks: Int
  /// Floats of one matrix.
  let matrix: Int
  let data: AlignedFloats

  /// Panels of a matrix.
  var panels: Int { (outputBlocks + 1) / 2 }

  /// Floats that the transformed weights take.
  package static func size(tile: Int, inputs: Int, outputs: Int, layout: BlockLayout = .current) -> Int {
    (tile + 2) * (tile + 2) * layout.blocks(inputs) * layout.blocks(outputs) * layout.lanes * layout.lanes
  }

  /// - Throws: `TensorError.outOfMemory`.
  package init(
    tile: Int, _ weights: UnsafePointer<Float>, outputs: Int, inputs: Int, parallel: any Parallel,
    kernels: TileKernels = .current
  ) throws(TensorError) {
    let lanes = Int(kernels.table.lanes)
    let layout = BlockLayout(lanes: lanes)
    let (inputBlocks, outputBlocks) = (layout.blocks(inputs), layout.blocks(outputs))
    self.tile = tile
    self.inputBlocks = inputBlocks
    self.outputBlocks = outputBlocks
    let depth = inputBlocks * lanes
    let matrix = depth * outputBlocks * lanes
    self.matrix = matrix
    let points = (tile + 2) * (tile + 2)
    data = try AlignedFloats(uninitialized: points * matrix) { base in
      let target = UncheckedSendablePointer(base)
      parallel.forEach(outputBlocks, grain: max(1, 4096 / depth)) { range in
        for block in range {
          // The block's panel, how wide it is, and where in it the block stands.
          let panel = block / 2
          let width = min(2, outputBlocks - 2 * panel) * lanes
          let first = target.pointer + panel * 2 * lanes * depth + block % 2 * lanes
          let count = min(lanes, outputs - block * lanes)
          for input in 0..<depth {
            if input < inputs {
              kernels.table.winograd_weights(
                tile, weights + (block * lanes * inputs + input) * 9, inputs * 9, count, first + input * width,
                matrix)
            } else {
              for point in 0..<points {
                (first + (input * width + point * matrix)).update(repeating: 0, count: lanes)
              }
            }
          }
        }
      }
    }
  }

  /// The panel `index` of matrix `point`: its address and its blocks.
  @inline(__always) func panel(_ index: Int, point: Int, lanes: Int) -> (UnsafePointer<Float>, blocks: Int) {
    let blocks = min(2, outputBlocks - 2 * index)
    return (data.base + (point * matrix + index * 2 * lanes * inputBlocks * lanes), blocks)
  }
}

/// An address handed to the threads of one loop, which write disjoint memory.
struct UncheckedSendablePointer: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>
  init(_ pointer: UnsafeMutablePointer<Float>) { self.pointer = pointer }
}
