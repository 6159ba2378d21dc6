import AviaryCore

/// Rows of an image with its padding around them, copied to memory of the worker: kernels then need no
/// special case at the borders. The copy may be in bfloat16.
struct PaddedStrip: Sendable {
  /// Floats of one pixel: `lanes` in blocked layout, 1 in planes.
  let pixel: Int
  /// Words of one pixel of the copy: as many, or half in bfloat16.
  let cell: Int
  private let bf16: Bf16Kernels?
  let inputRows: Int
  let inputColumns: Int
  let padTop: Int
  let padLeft: Int
  /// Padded rows and columns of the largest strip.
  let rows: Int
  let columns: Int

  /// - Parameter bf16: for copies in bfloat16, of an even number of floats a pixel.
  init(_ conv: PlaneConv, outputRows: Int, pixel: Int, bf16: Bf16Kernels? = nil) {
    self.pixel = pixel
    self.bf16 = bf16
    cell = bf16 == nil ? pixel : pixel / 2
    inputRows = conv.rows.input
    inputColumns = conv.columns.input
    padTop = conv.rows.padBegin
    padLeft = conv.columns.padBegin
    rows = conv.rows.covered(outputRows)
    columns = max(conv.columns.covered(conv.columns.output), 1)
  }

  /// Words of a row, and of the plane of one block (or channel).
  var pitch: Int { columns * cell }
  var plane: Int { rows * pitch }

  /// Copies one plane from padded row `first` on.
  func fill(_ target: UnsafeMutablePointer<Float>, from source: UnsafePointer<Float>, first: Int) {
    let left = min(padLeft, columns)
    let copied = max(0, min(inputColumns, columns - left))
    for row in 0..<rows {
      let line = target + row * pitch
      let y = first + row - padTop
      guard y >= 0, y < inputRows else {
        line.update(repeating: 0, count: pitch)
        continue
      }
      line.update(repeating: 0, count: left * cell)
      let inside = source + y * inputColumns * pixel
      if let bf16 {
        bf16.table.narrow_row(line + left * cell, inside, copied * pixel)
      } else {
        (line + left * cell).update(from: inside, count: copied * pixel)
      }
      (line + (left + copied) * cell).update(repeating: 0, count: (columns - left - copied) * cell)
    }
  }
}
