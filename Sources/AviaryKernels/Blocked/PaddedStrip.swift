import AviaryCore

/// Rows of an image with its padding around them, copied to memory of the worker: kernels then need no
/// special case at the borders.
struct PaddedStrip: Sendable {
  /// Floats of one pixel: `lanes` in blocked layout, 1 in planes.
  let pixel: Int
  let inputRows: Int
  let inputColumns: Int
  let padTop: Int
  let padLeft: Int
  /// Padded rows and columns of the largest strip.
  let rows: Int
  let columns: Int

  init(_ conv: PlaneConv, outputRows: Int, pixel: Int) {
    self.pixel = pixel
    inputRows = conv.rows.input
    inputColumns = conv.columns.input
    padTop = conv.rows.padBegin
    padLeft = conv.columns.padBegin
    rows = conv.rows.covered(outputRows)
    columns = max(conv.columns.covered(conv.columns.output), 1)
  }

  /// Floats of a row, and of the plane of one block (or channel).
  var pitch: Int { columns * pixel }
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
      line.update(repeating: 0, count: left * pixel)
      (line + left * pixel).update(from: source + y * inputColumns * pixel, count: copied * pixel)
      (line + (left + copied) * pixel).update(repeating: 0, count: (columns - left - copied) * pixel)
    }
  }
}
