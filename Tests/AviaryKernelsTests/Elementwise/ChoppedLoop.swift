import AviaryCore

/// Runs a loop in short, uneven ranges and back to front, as an unlucky schedule of threads would.
struct ChoppedLoop: Parallel {
  var threads: Int { 4 }

  func forEach(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    var ranges: [Range<Int>] = []
    var (start, length) = (0, 1)
    while start < count {
      let end = min(count, start + length)
      ranges.append(start..<end)
      start = end
      length = length % 11 + 1
    }
    for range in ranges.reversed() { body(range) }
  }
}
