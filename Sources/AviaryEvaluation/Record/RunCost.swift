/// What a model costs on one machine: size, arithmetic, time and memory.
public struct RunCost: Sendable, Codable, Equatable {
  public var parameters: Int?
  /// Of one picture.
  public var multiplyAdds: Int
  public var loadMilliseconds: Double
  /// Of single pictures, one run each, in ascending order.
  public var milliseconds: [Double]
  /// The largest resident size of a process that does nothing but load and run the model.
  public var peakMiB: Double
  public var threads: Int

  public init(
    parameters: Int?, multiplyAdds: Int, loadMilliseconds: Double, milliseconds: [Double], peakMiB: Double,
    threads: Int
  ) {
    self.parameters = parameters
    self.multiplyAdds = multiplyAdds
    self.loadMilliseconds = loadMilliseconds
    self.milliseconds = milliseconds.sorted()
    self.peakMiB = peakMiB
    self.threads = threads
  }

  /// The time that a share `q` (0...1) of the runs stayed below; `nil` without runs.
  public func quantile(_ q: Double) -> Double? {
    guard !milliseconds.isEmpty else { return nil }
    return milliseconds[min(milliseconds.count - 1, Int(min(max(q, 0), 1) * Double(milliseconds.count)))]
  }

  public var median: Double? { quantile(0.5) }
}
