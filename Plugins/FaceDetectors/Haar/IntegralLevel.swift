/// One picture of the pyramid with the sums that features are made of.
///
/// All three tables have `height + 1` rows of `stride` values; a table's entry is the sum of what lies above
/// and left of it. Sums wrap around: differences are right all the same.
struct IntegralLevel {
  /// Of the scaled picture.
  let width: Int
  let height: Int
  /// Pixels of the searched picture per pixel of this level.
  let factor: Float
  /// From one window to the next, in pixels of this level.
  let step: Int
  /// Where the level's tables begin in the memory of the pyramid.
  let offset: Int

  func tableSize(stride: Int) -> Int { (height + 1) * stride }

  /// Scales the picture and fills the tables: sums, sums of squares and, where asked for, tilted sums.
  func fill(
    _ memory: UnsafeMutablePointer<Int32>, stride: Int, tilted: Bool, from picture: GreyPicture
  ) {
    let columns = GreyPicture.taps(source: picture.width, target: width)
    let rows = GreyPicture.taps(source: picture.height, target: height)
    let sums = memory + offset
    let squares = sums + tableSize(stride: stride)
    for x in 0...width { (sums[x], squares[x]) = (0, 0) }
    // The current row, and the one before it for the tilted sums.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * width) { lines in
      guard var line = lines.baseAddress else { return }
      var before = line + width
      before.update(repeating: 0, count: width)
      picture.samples.withUnsafeBufferPointer { source in
        guard let source = source.baseAddress else { return }
        for y in 0..<height {
          GreyPicture.writeRow(source, width: picture.width, columns: columns, row: rows[y], to: line)
          add(
            line, above: sums + y * stride, to: sums + (y + 1) * stride, squares + y * stride,
            squares + (y + 1) * stride)
          if tilted { addTilted(line, before, row: y, squares + tableSize(stride: stride), stride) }
          swap(&line, &before)
        }
      }
    }
  }

  private func add(
    _ line: UnsafePointer<UInt8>, above: UnsafePointer<Int32>, to sums: UnsafeMutablePointer<Int32>,
    _ squaresAbove: UnsafePointer<Int32>, _ squares: UnsafeMutablePointer<Int32>
  ) {
    var (sum, square) = (Int32(0), Int32(0))
    (sums[0], squares[0]) = (0, 0)
    for x in 0..<width {
      let value = Int32(line[x])
      sum &+= value
      square &+= value &* value
      sums[x + 1] = above[x + 1] &+ sum
      squares[x + 1] = squaresAbove[x + 1] &+ square
    }
  }

  /// Row `row + 1` of the table whose entry (X, Y) is the sum of the pixels (x, y) above it in the cone
  /// |x - X + 1| <= Y - 1 - y (R. Lienhart and J. Maydt, 2002).
  private func addTilted(
    _ line: UnsafePointer<UInt8>, _ before: UnsafePointer<UInt8>, row: Int,
    _ tilted: UnsafeMutablePointer<Int32>, _ stride: Int
  ) {
    let target = tilted + (row + 1) * stride
    let above = tilted + row * stride
    if row == 0 {
      for x in 0...width { (above[x], target[x]) = (0, 0) }
      for x in 1...width { target[x] = Int32(line[x - 1]) }
      return
    }
    let second = tilted + (row - 1) * stride
    for x in 1...width {
      // Right of the last column a cone loses what lies outside: it is the one below to the left.
      let right = x < width ? above[x + 1] : second[width]
      let pixels = Int32(line[x - 1]) &+ Int32(before[x - 1])
      target[x] = above[x - 1] &+ right &- second[x] &+ pixels
    }
    target[0] = above[1]
  }
}
