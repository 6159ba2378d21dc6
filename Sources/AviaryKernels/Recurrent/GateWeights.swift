import AviaryCore

/// Weights of some gates of one direction, packed as recurrent products read them: blocks of
/// `T.unitLanes` units, each k rows of the gates side by side; units beyond the last are zeros.
package struct GateWeights<T: RecurrentElement>: Sendable {
  package let k: Int
  package let gates: Int
  let blocks: Int
  private let buffer: TensorBuffer

  func block(_ index: Int) -> UnsafePointer<T> {
    UnsafePointer(buffer.base.assumingMemoryBound(to: T.self) + index * k * gates * T.unitLanes)
  }

  /// - Parameters:
  ///   - source: the weights of the direction, `units` rows of k a gate, gate after gate.
  ///   - gates: the gates to take.
  /// - Throws: `TensorError.outOfMemory`.
  package init(_ source: UnsafePointer<T>, gates: Range<Int>, units: Int, k: Int) throws(TensorError) {
    let lanes = T.unitLanes
    self.k = k
    self.gates = gates.count
    blocks = (units + lanes - 1) / lanes
    let (row, overflow) = (blocks * lanes * gates.count).multipliedReportingOverflow(by: k)
    let (bytes, wide) = row.multipliedReportingOverflow(by: MemoryLayout<T>.stride)
    guard !overflow, !wide else { throw .outOfMemory(bytes: .max) }
    buffer = try TensorBuffer(byteCount: bytes)
    var target = buffer.base.bindMemory(to: T.self, capacity: max(1, row))
    for block in 0..<blocks {
      let some = min(lanes, units - block * lanes)
      for i in 0..<k {
        for gate in gates {
          let from = source + ((gate * units + block * lanes) * k + i)
          for lane in 0..<some { target[lane] = from[lane * k] }
          for lane in some..<lanes { target[lane] = 0 }
          target += lanes
        }
      }
    }
  }
}
