import AviaryCore

/// Softmax of float16 numbers that stand as floats, rounded after every step as the specification's function in
/// float16 does: differences, powers and their sum are float16 numbers. `y` may be `x`.
package func softmaxHalf(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, over geometry: AxisGeometry,
  parallel: any Parallel
) {
  guard !geometry.isEmpty else { return }
  let (length, inner) = (geometry.length, geometry.inner)
  parallel.forEach(geometry.outer * inner, grain: max(1, 2048 / length)) { range in
    for line in range {
      let start = line / inner * length * inner + line % inner
      var largest = -Float.infinity
      for i in 0..<length { largest = largest.maximum(x[start + i * inner]) }
      var sum: Float = 0
      for i in 0..<length {
        let power = Float(Float16(Float.exp(Float(Float16(x[start + i * inner] - largest)))))
        y[start + i * inner] = power
        sum += power
      }
      let total = Float(Float16(sum))
      for i in 0..<length { y[start + i * inner] /= total }
    }
  }
}
