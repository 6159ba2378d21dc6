import AviaryImage

/// What is left of a picture to find others that look like it: a difference hash, which says where it becomes
/// brighter from left to right, and a thumbnail to be sure with.
///
/// N. Krawetz (2013), "Kind of like that" (dHash), here of 16 x 16 differences; of FER2013's pictures two
/// photos of different moments have about 128 of 256 bits in common.
struct PictureSketch: Sendable {
  static let side = 16

  let bits: SIMD4<UInt64>
  /// 16 x 16 grey values without their mean, scaled to a length of 1.
  let values: [Float]
  /// Whether there is anything to see: a picture of one colour looks like any other of that kind.
  let isFlat: Bool

  /// - Throws: `ImageError.Reason` where the picture cannot be scaled.
  init(_ image: Image) throws(ImageError.Reason) {
    let grey = image.converted(to: .grey)
    let side = Self.side
    let wide = try grey.resized(width: side + 1, height: side, kernel: .bilinear).samples
    var bits = SIMD4<UInt64>()
    for row in 0..<side {
      for column in 0..<side where wide[row * (side + 1) + column + 1] > wide[row * (side + 1) + column] {
        let bit = row * side + column
        bits[bit >> 6] |= 1 << UInt64(bit & 63)
      }
    }
    self.bits = bits
    let small = try grey.resized(width: side, height: side, kernel: .box).samples.map(Float.init)
    let mean = small.reduce(0, +) / Float(small.count)
    let centred = small.map { $0 - mean }
    let length = centred.reduce(0) { $0 + $1 * $1 }.squareRoot()
    // A deviation of two grey levels is noise.
    isFlat = length < Float(2 * side)
    values = isFlat ? centred : centred.map { $0 / length }
  }

  /// How many of the 256 differences have another sign.
  @inline(__always) func distance(to other: PictureSketch) -> Int { Self.distance(bits, other.bits) }

  @inline(__always) static func distance(_ a: SIMD4<UInt64>, _ b: SIMD4<UInt64>) -> Int {
    let x = a ^ b
    return x[0].nonzeroBitCount + x[1].nonzeroBitCount + x[2].nonzeroBitCount + x[3].nonzeroBitCount
  }

  /// Correlation of the thumbnails, 1 for pictures that differ in brightness and contrast alone.
  func correlation(with other: PictureSketch) -> Float {
    guard !isFlat, !other.isFlat else { return 0 }
    return zip(values, other.values).reduce(0) { $0 + $1.0 * $1.1 }
  }
}

/// Finds pictures that look alike.
struct NearDuplicateSearch: Sendable {
  struct Pair: Sendable, Equatable {
    let first: Int
    let second: Int
    let correlation: Float
  }

  /// Bits of the hash that may differ; among FER2013's pictures those with a correlation of 0.96 and more
  /// differ in up to 67, nearly all in fewer than 45.
  static let distance = 48
  /// Every picture is compared with every other one: so many take a minute or two.
  static let mostPictures = 200_000

  /// Pairs of positions with at least that correlation, in order.
  static func pairs(_ sketches: [PictureSketch], correlation least: Float) -> [Pair] {
    // The hashes alone, close together: this loop runs n² / 2 times.
    let bits = sketches.map(\.bits)
    let block = 256
    let blocks = (bits.count + block - 1) / block
    let found =
      (try? inParallel(blocks, workers: EvaluationOptions().workers) { number -> [Pair] in
        var pairs: [Pair] = []
        bits.withUnsafeBufferPointer { bits in
          for first in number * block..<min(bits.count, (number + 1) * block) {
            let own = bits[first]
            for second in first + 1..<max(first + 1, bits.count)
            where PictureSketch.distance(own, bits[second]) <= distance {
              let correlation = sketches[first].correlation(with: sketches[second])
              if correlation >= least {
                pairs.append(Pair(first: first, second: second, correlation: correlation))
              }
            }
          }
        }
        return pairs
      } progress: { _ in
      }) ?? []
    return found.flatMap { $0 }
  }
}
