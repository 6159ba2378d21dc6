/// Holm's correction: p-values of several tests, raised so that the chance of any false alarm among all of
/// them stays below the level that each is held against.
///
/// S. Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of
/// Statistics 6.
public enum HolmCorrection {
  /// The adjusted p-values, in the order given: the k-th smallest of m is multiplied by m - k + 1, none is
  /// below a smaller one's, and none above 1.
  ///
  /// - Throws: `MetricError.invalidArgument` for a p-value outside 0...1.
  public static func adjusted(_ pValues: [Double]) throws(MetricError) -> [Double] {
    if let bad = pValues.firstIndex(where: { !($0 >= 0 && $0 <= 1) }) {
      throw .invalidArgument(name: "pValues", reason: "number \(bad) is \(pValues[bad]), not in 0...1")
    }
    let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
    var result = pValues
    var largest = 0.0
    for (rank, index) in order.enumerated() {
      largest = max(largest, min(1, pValues[index] * Double(pValues.count - rank)))
      result[index] = largest
    }
    return result
  }
}
