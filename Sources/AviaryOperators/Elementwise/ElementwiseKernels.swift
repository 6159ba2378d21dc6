import AviaryCore
import AviaryKernels

/// y = f(x), element by element.
struct UnaryKernel: BoundKernel {
  let function: any RowFunction
  let compute: ComputeType
  let result: RowResult
  let count: Int
  var choice: KernelChoice { KernelChoice("element-wise") }

  /// - Returns: `nil` for elements that pass through another type on their way.
  init?(
    _ function: any RowFunction, _ x: ValueInfo?, compute: ComputeType?, result: RowResult = .same
  ) {
    guard let x, let compute, x.elementType?.ownComputeType == compute, let count = x.knownShape?.count else {
      return nil
    }
    self.function = function
    self.compute = compute
    self.result = result
    self.count = count
  }

  func run(_ io: KernelIO) {
    let type = compute.elementType
    guard let x = io.row(0, type), let y = io.target(0, result == .bool ? .bool : type) else { return }
    evaluateUnary(function, x, y, count: count, compute: compute, result: result, parallel: io.parallel)
  }
}

/// y = f(a, b) under broadcasting.
struct BinaryKernel: BoundKernel {
  let function: any PairFunction
  let broadcast: Broadcast
  let compute: ComputeType
  let result: RowResult
  let choice: KernelChoice

  /// - Returns: `nil` for elements that pass through another type on their way.
  init?(
    _ function: any PairFunction, _ a: ValueInfo, _ b: ValueInfo, over broadcast: Broadcast,
    result: RowResult = .same
  ) {
    guard let compute = a.elementType?.ownComputeType, b.elementType == a.elementType else { return nil }
    self.function = function
    self.broadcast = broadcast
    self.compute = compute
    self.result = result
    choice = KernelChoice("element-wise", reason: broadcast.description)
  }

  func run(_ io: KernelIO) {
    let type = compute.elementType
    guard let a = io.row(0, type), let b = io.row(1, type),
      let y = io.target(0, result == .bool ? .bool : type)
    else { return }
    evaluateBinary(
      function, a, b, y, over: broadcast, compute: compute, result: result, parallel: io.parallel)
  }
}

/// y = finish(f(... f(f(x0, x1), x2) ..., xn)): the first two operands into the output, then each further
/// one onto it.
struct VariadicKernel: BoundKernel {
  let function: any PairFunction
  let finish: (any RowFunction)?
  let steps: [Broadcast]
  let compute: ComputeType
  var choice: KernelChoice { KernelChoice("element-wise", reason: "\(steps.count + 1) operands") }

  /// - Returns: `nil` for one operand, for elements that pass through another type on their way, and where
  ///   the first two operands together do not have the output's shape.
  init?(_ function: any PairFunction, finish: (any RowFunction)?, _ inputs: [ValueInfo]) throws(OperatorError) {
    let shapes = inputs.compactMap(\.knownShape)
    guard shapes.count == inputs.count, shapes.count >= 2, let type = inputs[0].elementType,
      let compute = type.ownComputeType, inputs.allSatisfy({ $0.elementType == type })
    else { return nil }
    let whole = try Broadcast(shapes).shape
    var steps: [Broadcast] = []
    for index in 1..<shapes.count {
      let step = try Broadcast([index == 1 ? shapes[0] : whole, shapes[index]])
      guard step.shape == whole else { return nil }
      steps.append(step)
    }
    self.function = function
    self.finish = finish
    self.steps = steps
    self.compute = compute
  }

  func run(_ io: KernelIO) {
    let type = compute.elementType
    guard let y = io.target(0, type), let first = io.row(0, type), let second = io.row(1, type) else { return }
    // The output may lie over one of the first two operands, which are read once, here.
    evaluateBinary(function, first, second, y, over: steps[0], compute: compute, parallel: io.parallel)
    for index in steps.indices.dropFirst() {
      guard let next = io.row(index + 1, type) else { return }
      evaluateBinary(
        function, y.reading, next, y, over: steps[index], compute: compute, parallel: io.parallel)
    }
    if let finish {
      evaluateUnary(
        finish, y.reading, y, count: steps[0].shape.count, compute: compute, parallel: io.parallel)
    }
  }
}

/// y = min(max(x, low), high), with bounds that may be inputs.
struct ClampKernel: BoundKernel {
  let compute: ComputeType
  let count: Int
  /// The bounds where they are attributes.
  let fixed: Clamp?
  let hasLow, hasHigh: Bool
  var choice: KernelChoice { KernelChoice("element-wise") }

  func run(_ io: KernelIO) {
    let type = compute.elementType
    guard let x = io.row(0, type), let y = io.target(0, type) else { return }
    let clamp =
      fixed
      ?? Clamp(compute, low: hasLow ? io.row(1, type) : nil, high: hasHigh ? io.row(2, type) : nil)
    evaluateUnary(clamp, x, y, count: count, compute: compute, parallel: io.parallel)
  }
}

/// y = condition ? a : b under broadcasting.
struct SelectKernel: BoundKernel {
  let broadcast: Broadcast
  let width: Int
  var choice: KernelChoice { KernelChoice("select", reason: broadcast.description) }

  func run(_ io: KernelIO) {
    guard let condition = io.inputs[0], let a = io.inputs[1], let b = io.inputs[2], let y = io.outputs[0] else {
      return
    }
    select(condition, a, b, y, width: width, over: broadcast, parallel: io.parallel)
  }
}

/// y = x in another element type.
struct ConvertKernel: BoundKernel {
  let source: ElementType
  let target: ElementType
  let saturate: Bool
  let rounding: ScaleFloat.Rounding
  let count: Int
  var choice: KernelChoice { KernelChoice("convert", reason: "\(source.name) to \(target.name)") }

  func run(_ io: KernelIO) {
    guard let x = io.row(0, source), var y = io.target(0, target) else { return }
    y.saturate = saturate
    y.rounding = rounding
    convert(x, y, count: count, parallel: io.parallel)
  }
}
