import AviaryCore
import AviaryImage
import AviaryRuntime

/// A network of a detector: one input, outputs by name.
struct Network {
  let detector: String
  let session: Session
  private let input: String
  private let outputs: [String]

  /// - Parameter outputs: those that will be asked for.
  /// - Throws: `DetectionError` where the network is another one.
  init(_ session: Session, outputs: [String], detector: String) throws(DetectionError) {
    let names = session.outputs.map(\.name)
    guard session.inputs.count == 1, let input = session.inputs.first?.name,
      outputs.allSatisfy(names.contains)
    else {
      throw DetectionError(
        detector: detector,
        problem: "this is another network: it gives \(names.joined(separator: ", ")) where "
          + "\(outputs.joined(separator: ", ")) are needed")
    }
    self.detector = detector
    self.session = session
    self.input = input
    self.outputs = outputs
  }

  /// The outputs for one input, checked to have `counts` values each.
  ///
  /// - Throws: `DetectionError`.
  func run(_ tensor: Tensor, counts: [Int]) throws(DetectionError) -> [[Float]] {
    var results: [[Float]] = []
    do throws(RunError) {
      let values = try session.run([input: tensor])
      for name in outputs {
        guard let tensor = values[name], let floats = try? tensor.array(of: Float.self) else {
          throw RunError(.unsupported, "output '\(name)' is no tensor of floats")
        }
        results.append(floats)
      }
    } catch {
      throw DetectionError(detector: detector, problem: "its network failed: \(error)")
    }
    for (index, count) in counts.enumerated() where results[index].count != count {
      throw DetectionError(
        detector: detector,
        problem:
          "this is another network: '\(outputs[index])' has \(results[index].count) values, not \(count)")
    }
    return results
  }

  /// A tensor that `fill` writes whole.
  func tensor(
    _ dims: [Int], _ fill: (UnsafeMutableBufferPointer<Float>) -> Void
  ) throws(DetectionError) -> Tensor {
    do throws(TensorError) {
      return try Tensor(elementType: .float, shape: try Shape(dims)) { fill($0.bindMemory(to: Float.self)) }
    } catch {
      throw DetectionError(detector: detector, problem: "the picture is too large: \(error)")
    }
  }
}

extension Image {
  /// Writes the samples channel by channel, each through `table`, into planes of `width` x `height` whose
  /// rest is `padding`. The planes hold the picture; `target` holds three of them.
  func writePlanes(
    into target: UnsafeMutableBufferPointer<Float>, width planeWidth: Int, height planeHeight: Int,
    bgr: Bool, padding: Float, table: [Float]
  ) {
    let plane = planeWidth * planeHeight
    precondition(
      target.count >= 3 * plane && planeWidth >= width && planeHeight >= height && table.count == 256)
    samples.withUnsafeBufferPointer { source in
      table.withUnsafeBufferPointer { table in
        for channel in 0..<3 {
          let from = channels == 1 ? 0 : bgr ? 2 - channel : channel
          for y in 0..<planeHeight {
            let to = channel * plane + y * planeWidth
            var filled = 0
            if y < height {
              filled = width
              let start = y * width * channels + from
              for x in 0..<width { target[to + x] = table[Int(source[start + x * channels])] }
            }
            for x in filled..<planeWidth { target[to + x] = padding }
          }
        }
      }
    }
  }
}
