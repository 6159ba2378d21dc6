import AviaryCore

/// Mean and variance of groups whose elements lie anywhere.
package enum ScatteredNormalize {
  /// y = (x - mean) / (sqrt(variance) + epsilon) for the elements `group + member` of each group.
  package static func run(
    isDouble: Bool, x: UnsafeRawPointer, y: UnsafeMutableRawPointer, members: UnsafeBufferPointer<Int64>,
    groups: UnsafeBufferPointer<Int64>, epsilon: Double, scales: Bool, parallel: any Parallel
  ) {
    func run<T: RealElement>(_ type: T.Type) {
      let (x, y) = (x.assumingMemoryBound(to: T.self), y.assumingMemoryBound(to: T.self))
      parallel.forEach(groups.count, grain: max(1, 4096 / max(1, members.count))) { range in
        for index in range {
          let start = Int(groups[index])
          var (sum, squares) = (0.0, 0.0)
          for member in members { sum += x[start + Int(member)].asDouble }
          let mean = sum / Double(members.count)
          for member in members {
            let distance = x[start + Int(member)].asDouble - mean
            squares += distance * distance
          }
          let deviation = scales ? (squares / Double(members.count)).squareRoot() + epsilon : 1
          for member in members {
            y[start + Int(member)] = T.of((x[start + Int(member)].asDouble - mean) / deviation)
          }
        }
      }
    }
    if isDouble { run(Double.self) } else { run(Float.self) }
  }
}
