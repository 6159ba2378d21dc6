import AviaryCore
import AviaryKernels

/// The inputs of an optimizer: learning rate `R`, step count `T`, then for `count` tensors first all values
/// `X`, then all gradients `G`, then each kind of state; outputs are the new values, then the new states.
struct OptimizerStep {
  /// Kinds of tensors after the gradients.
  let states: Int

  private func count(_ inputs: Int) throws(OperatorError) -> Int {
    let (count, rest) = max(0, inputs - 2).quotientAndRemainder(dividingBy: 2 + states)
    guard count > 0, rest == 0 else {
      throw .invalid("\(inputs) inputs: after R and T there must be \(2 + states) for each tensor")
    }
    return count
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let count = try count(inputs.count)
    for index in 0..<count { _ = try checkedType(inputs, 2 + index, [.float, .double]) }
    return try (0..<(1 + states) * count).map { (output) throws(OperatorError) in
      let values = try inputs.required(2 + output % count)
      return ValueInfo(values.elementType, values.shape)
    }
  }

  /// Calls `update` for every tensor with learning rate and step count.
  func run(_ context: RunContext, _ update: some OptimizerRule) throws(OperatorError) {
    let count = try count(context.inputs.count)
    let rate = try scalarValue(try context.input(0), input: 0)
    let steps = try integerScalar(try context.input(1), input: 1)
    for index in 0..<count {
      switch try context.input(2 + index).elementType {
      case .float: try run(context, index, count, Float.self, update.adjusted(rate: rate, steps: steps), update)
      case .double: try run(context, index, count, Double.self, update.adjusted(rate: rate, steps: steps), update)
      case let other: throw .type(other, input: 2 + index)
      }
    }
  }

  private func run<T: Element & BinaryFloatingPoint>(
    _ context: RunContext, _ index: Int, _ count: Int, _: T.Type, _ rate: Double, _ update: some OptimizerRule
  ) throws(OperatorError) {
    let shape = try context.input(2 + index).shape
    var inputs: [UnsafeBufferPointer<T>] = []
    var outputs: [UnsafeMutableBufferPointer<T>] = []
    for kind in 0..<2 + states {
      let place = 2 + kind * count + index
      guard try context.input(place).shape == shape else {
        throw .invalid("input \(place) has shape \(try context.input(place).shape), its tensor \(shape)")
      }
      inputs.append(try context.elements(place, as: T.self))
      if kind > 0 { outputs.append(try context.make((kind - 1) * count + index, shape.dims, as: T.self)) }
    }
    let steps = try integerScalar(try context.input(1), input: 1)
    for i in 0..<shape.count {
      let (x, g) = (Double(inputs[0][i]), Double(inputs[1][i]))
      let first = states > 0 ? Double(inputs[2][i]) : 0
      let second = states > 1 ? Double(inputs[3][i]) : 0
      let new = update.step(x, g, (first, second), rate: rate, steps: steps)
      outputs[0][i] = T(new.0)
      if states > 0 { outputs[1][i] = T(new.1) }
      if states > 1 { outputs[2][i] = T(new.2) }
    }
  }
}

/// How one number is updated.
protocol OptimizerRule {
  /// The learning rate of this step.
  func adjusted(rate: Double, steps: Int) -> Double
  /// New value and new states.
  func step(
    _ x: Double, _ gradient: Double, _ state: (Double, Double), rate: Double, steps: Int
  ) -> (Double, Double, Double)
}
