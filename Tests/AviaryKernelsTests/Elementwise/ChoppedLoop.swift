import AviaryCore

/// Runs a loop in short, uneven ranges and back to front, as an unlucky schedule of threads would.
struct ChoppedLoop: Parallel {
  var threads: Int { 4 }

  func forEach(_ count: Int, grain: Int, worker body: (Range<Int>, Int) -> Void) {
    var ranges: [Range<Int>] = []
    var (start, length) = (0, 1)
    while start < count {
      let end = min(count, start + length)
      ranges.append(start..<end)
      start = end
      length = length % 11 + 1
    }
    for (index, range) in ranges.reversed().enumerated() { body(range, index % threads) }
  }
}
