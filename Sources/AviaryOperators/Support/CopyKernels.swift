import AviaryCore
import AviaryKernels

/// Copies between inputs and outputs, one after the other: Concat, Slice, Split, Expand, Pad.
struct CopyKernel: BoundKernel {
  struct Part: Sendable {
    let input: Int
    let output: Int
    /// Coalesced.
    let layout: StridedCopy

    init(input: Int = 0, output: Int = 0, _ layout: StridedCopy) {
      self.input = input
      self.output = output
      self.layout = layout.coalesced
    }
  }

  let parts: [Part]
  /// Bytes of a cell.
  let width: Int
  /// Cells of the first output that are filled before, where the copies leave some out.
  let filled: Int
  /// The input that holds the cell to fill with; zeros where there is none.
  let fillInput: Int?
  let choice: KernelChoice

  /// - Returns: `nil` for strings and elements that share bytes, and for copies between different axes.
  init?(_ type: ElementType?, _ parts: [Part], filled: Int = 0, fillInput: Int? = nil) {
    guard let type, let width = type.cellWidth, parts.allSatisfy({ !$0.layout.isTransposing }) else { return nil }
    self.parts = parts
    self.width = width
    self.filled = filled
    self.fillInput = fillInput
    choice = KernelChoice("copy", reason: parts.count > 1 ? "\(parts.count) parts" : "")
  }

  func run(_ io: KernelIO) {
    if filled > 0, let to = io.outputs[0] {
      if let fillInput, let cell = io.inputs[fillInput] {
        StridedFill.run(to, count: filled, with: cell, width: width, parallel: io.parallel)
      } else {
        StridedFill.zero(to, byteCount: filled * width, parallel: io.parallel)
      }
    }
    for part in parts {
      // Outputs that nobody reads have no memory.
      guard let from = io.inputs[part.input], let to = io.outputs[part.output] else { continue }
      part.layout.runCoalesced(from: from, to: to, width: width, parallel: io.parallel)
    }
  }
}

/// `output[o, i] = data[o, indices[i]]` with constant indices.
struct GatherKernel: BoundKernel {
  let outer: Int
  let extent: Int
  let indices: [Int]
  let blockBytes: Int
  var choice: KernelChoice { KernelChoice("gather", reason: "blocks of \(blockBytes) bytes") }

  func run(_ io: KernelIO) {
    guard let data = io.inputs[0], let output = io.outputs[0] else { return }
    gatherBlocks(
      from: data, to: output, outer: outer, extent: extent, indices: indices, blockBytes: blockBytes,
      parallel: io.parallel)
  }
}

extension ElementType {
  /// Bytes of an element that is moved as it lies; `nil` for strings and elements that share bytes.
  var cellWidth: Int? {
    guard self != .string, !isPacked, isCellWidth(bitWidth / 8) else { return nil }
    return bitWidth / 8
  }
}
