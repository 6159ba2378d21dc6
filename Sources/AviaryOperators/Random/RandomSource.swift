import AviaryCore
import AviaryKernels

/// `seed` of the random operators: the same draws in every run where it is given, others each time where not.
///
/// The specification leaves the generator open; ours and its order of draws are those of numpy's `RandomState`,
/// which the specification's reference uses.
struct RandomSource: Sendable {
  private let seed: UInt32?

  init(attributes: inout Attributes) throws(ImportError) {
    guard let number = try attributes.float("seed"), !number.isNaN else {
      seed = nil
      return
    }
    guard let whole = Int64(exactly: number.rounded(.towardZero)) else {
      throw ImportError(.invalidAttribute, "attribute 'seed' is \(number), which is too large")
    }
    seed = UInt32(truncatingIfNeeded: whole)
  }

  func generator() -> MersenneTwister { MersenneTwister(seed: seed ?? .random(in: 0 ... .max)) }
}

/// The distribution of RandomNormal and RandomUniform, with its parameters.
struct RandomDistribution: Sendable {
  enum Kind: Sendable { case normal, uniform }

  private let kind: Kind
  /// Mean and deviation, or the lower bound and the width.
  private let offset: Float
  private let scale: Float
  private let source: RandomSource

  init(attributes: inout Attributes, _ kind: Kind) throws(ImportError) {
    self.kind = kind
    source = try RandomSource(attributes: &attributes)
    switch kind {
    case .normal:
      offset = try attributes.float("mean", default: 0)
      scale = try attributes.float("scale", default: 1)
    case .uniform:
      offset = try attributes.float("low", default: 0)
      scale = try attributes.float("high", default: 1) - offset
    }
  }

  /// Makes output 0 of draws.
  func run(_ context: RunContext, _ type: ElementType, _ dims: [Int]) throws(OperatorError) {
    try context.makeResult(0, type, dims, as: Double.self) { y in
      var generator = source.generator()
      for i in y.indices {
        let draw = kind == .normal ? generator.normal() : generator.uniform()
        y[i] = draw * Double(scale) + Double(offset)
      }
    }
  }
}
