import AviaryCore
import AviaryKernels

/// y = condition ? a : b, element by element under multidirectional broadcasting, for every element type.
struct Where: InPlaceOperator, BindingOperator {
  static let id = OperatorID("Where")
  static let opsets = 9...Opset.latest
  var overwritableInputs: [Int] { [1, 2] }

  private static let types = Set.numbers.union([.bool, .string, .complex64, .complex128])

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try checkedType(inputs, 0, [.bool])
    let type = try commonType(inputs, [1, 2], Self.types)
    return [ValueInfo(type, try broadcastShape(inputs[0..<3].map(\.shape)))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (condition, flags) = try context.operand(0, [.bool])
    let (a, b) = (try context.input(1), try context.input(2))
    guard Self.types.contains(a.elementType) else { throw .type(a.elementType, input: 1) }
    guard a.elementType == b.elementType else { throw .type(b.elementType, input: 2) }
    let broadcast = try Broadcast([condition.shape, a.shape, b.shape])
    if a.elementType == .string { return try runStrings(context, flags, broadcast) }
    let (ifTrue, ifFalse) = (try context.operand(1, Self.types).row, try context.operand(2, Self.types).row)
    let y = try context.makeRow(0, a.elementType, broadcast.shape.dims)
    select(
      flags.base, ifTrue.base, ifFalse.base, y.base, width: a.elementType.bitWidth / 8, over: broadcast,
      parallel: context.parallel)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    guard let type = try commonType(inputs, [1, 2], Self.types), type != .string,
      let condition = try inputs.required(0).knownShape, let a = inputs[1].knownShape,
      let b = inputs[2].knownShape
    else { return nil }
    return SelectKernel(broadcast: try Broadcast([condition, a, b]), width: type.bitWidth / 8)
  }

  private func runStrings(
    _ context: RunContext, _ flags: ElementRow, _ broadcast: Broadcast
  ) throws(OperatorError) {
    let (a, b) = (try stringInput(context, 1), try stringInput(context, 2))
    let condition = flags.base.assumingMemoryBound(to: UInt8.self)
    var y = [String](repeating: "", count: broadcast.shape.count)
    broadcast.forEachRow(Serial()) { offsets, start, count in
      for i in 0..<count {
        y[start + i] =
          condition[offsets[0] + i * broadcast.steps[0]] != 0
          ? a[offsets[1] + i * broadcast.steps[1]] : b[offsets[2] + i * broadcast.steps[2]]
      }
    }
    do { context.set(0, try Tensor(strings: y, shape: broadcast.shape)) } catch { throw OperatorError(error) }
  }
}
