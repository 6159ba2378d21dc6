import AviaryCore
import Foundation

/// Linear attention position by position, in single precision; heads are independent of each other.
package struct LinearRecurrence: Sendable {
  package let batch, length, queryHeads, keyHeads, keySize, valueSize: Int
  /// Decays a head and position: 0 for none, 1, or one a key element.
  let decays: Int
  /// Update rates a position: 0 for none, 1 for all heads, or one a head.
  let betas: Int
  let scale: Float

  package init(
    batch: Int, length: Int, queryHeads: Int, keyHeads: Int, keySize: Int, valueSize: Int, decays: Int, betas: Int,
    scale: Float
  ) {
    self.batch = batch
    self.length = length
    self.queryHeads = queryHeads
    self.keyHeads = keyHeads
    self.keySize = keySize
    self.valueSize = valueSize
    self.decays = decays
    self.betas = betas
    self.scale = scale
  }

  package var output: [Int] { [batch, length, queryHeads * valueSize] }
  package var state: [Int] { [batch, keyHeads, keySize, valueSize] }

  /// - Parameters:
  ///   - state: batch x heads x key size x value size, updated in place.
  ///   - retrieved: scratch memory, one value vector a head.
  package func run(
    query: UnsafePointer<Float>, key: UnsafePointer<Float>, value: UnsafePointer<Float>,
    decay: UnsafePointer<Float>?, beta: UnsafePointer<Float>?, state: UnsafeMutablePointer<Float>,
    retrieved: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>, parallel: any Parallel
  ) {
    let sharing = queryHeads / keyHeads
    parallel.forEach(batch * keyHeads, grain: 1) { range in
      for index in range {
        let (b, head) = index.quotientAndRemainder(dividingBy: keyHeads)
        let s = state + index * keySize * valueSize
        let update = retrieved + index * valueSize
        for t in 0..<length {
          let at = b * length + t
          let k = key + (at * keyHeads + head) * keySize
          let v = value + (at * keyHeads + head) * valueSize
          if let decay {
            for i in 0..<keySize {
              let g = decay[(at * keyHeads + head) * decays + (decays == 1 ? 0 : i)]
              let factor = exp(g)
              for j in 0..<valueSize { s[i * valueSize + j] *= factor }
            }
          }
          update.update(from: v, count: valueSize)
          if let beta {
            for i in 0..<keySize { for j in 0..<valueSize { update[j] -= k[i] * s[i * valueSize + j] } }
            let rate = beta[at * betas + (betas == 1 ? 0 : head)]
            for j in 0..<valueSize { update[j] *= rate }
          }
          for i in 0..<keySize { for j in 0..<valueSize { s[i * valueSize + j] += k[i] * update[j] } }
          for h in head * sharing..<(head + 1) * sharing {
            let q = query + (at * queryHeads + h) * keySize
            let to = y + (at * queryHeads + h) * valueSize
            to.update(repeating: 0, count: valueSize)
            for i in 0..<keySize { for j in 0..<valueSize { to[j] += q[i] * s[i * valueSize + j] } }
            for j in 0..<valueSize { to[j] *= scale }
          }
        }
      }
    }
  }
}
