import AviaryCore
import AviaryKernels
import Foundation

/// `sample_size` draws of a class for each row of unnormalised log-probabilities, batch x classes.
///
/// Spec: Multinomial. Versions 7 and 22 differ in element types only. Without `seed` every run draws anew.
struct Multinomial: Operator {
  static let id = OperatorID("Multinomial")
  static let opsets = 7...Opset.latest
  var isDeterministic: Bool { false }

  private let source: RandomSource
  private let type: ElementType
  private let samples: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    source = try RandomSource(attributes: &attributes)
    type = try attributes.optionalType("dtype", [.int32, .int64]) ?? .int32
    samples = try attributes.int("sample_size", default: 1)
    guard samples >= 1 else {
      throw ImportError(.invalidAttribute, "attribute 'sample_size' is \(samples), must be positive")
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try checkedType(inputs, 0, .reals)
    let shape = inputs[0].shape
    if let rank = shape.rank, rank != 2 { throw .rank(rank, input: 0, needs: "2") }
    return [ValueInfo(type, SymbolicShape([shape[0], .known(samples)]))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, _) = try context.typedInput(0, .reals)
    guard x.shape.rank == 2 else { throw .rank(x.shape.rank, input: 0, needs: "2") }
    let (batch, classes) = (x.shape[0], x.shape[1])
    guard classes > 0 || batch == 0 else { throw .invalid("input 0 has no classes to draw from") }
    let logits = try context.elements(of: x, as: Double.self)
    // The sums of the probabilities of each row, one after the other.
    var sums = [Double](repeating: 0, count: x.count)
    for row in 0..<batch {
      let line = logits[row * classes..<(row + 1) * classes]
      let most = line.max() ?? 0
      var sum = 0.0
      for c in 0..<classes {
        sum += exp(logits[row * classes + c] - most)
        sums[row * classes + c] = sum
      }
      guard sum > 0, sum.isFinite else { throw .invalid("row \(row) of input 0 holds no distribution") }
    }
    try context.makeResult(0, type, [batch, samples], as: Int64.self) { y in
      var generator = source.generator()
      for row in 0..<batch {
        let line = sums[row * classes..<(row + 1) * classes]
        for sample in 0..<samples {
          let draw = generator.uniform() * (line.last ?? 0)
          let found = line.firstIndex { $0 > draw } ?? line.endIndex - 1
          y[row * samples + sample] = Int64(found - line.startIndex)
        }
      }
    }
  }
}
