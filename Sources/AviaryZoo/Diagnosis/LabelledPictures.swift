import AviaryImage

/// Pictures whose class is known, to try input contracts and label orders on.
public struct LabelledPictures: Sendable {
  public let classes: [String]
  /// Index into `classes`, one per picture.
  public let labels: [Int]
  /// Reads a picture; called anew each time, as a sample may be too large to keep.
  public let picture: @Sendable (Int) throws -> Image

  public init(classes: [String], labels: [Int], picture: @escaping @Sendable (Int) throws -> Image) {
    self.classes = classes
    self.labels = labels
    self.picture = picture
  }

  public var count: Int { labels.count }

  /// `wanted` positions of `count`, evenly spread, in an order of which every beginning is spread too: a
  /// trial on the first few is a trial on all classes, however the data are sorted.
  public static func spread(_ wanted: Int, of count: Int) -> [Int] {
    guard wanted > 0, count > 0 else { return [] }
    let number = min(wanted, count)
    let even = (0..<number).map { $0 * count / number }
    // A step near the golden section that shares no divisor with the number visits each position once.
    var step = max(1, Int((Double(number) * 0.618).rounded()))
    while gcd(step, number) != 1 { step += 1 }
    return (0..<number).map { even[$0 * step % number] }
  }

  private static func gcd(_ a: Int, _ b: Int) -> Int { b == 0 ? a : gcd(b, a % b) }
}
