/// What an operator sees of a run: its inputs, where its outputs go, scratch memory and threads.
///
/// Used by one thread at a time. Pointers it hands out are valid until `run` returns: the context keeps
/// the inputs and outputs alive.
public final class RunContext {
  /// One entry per input of the node; `nil` where the model omits it.
  public private(set) var inputs: [Value?]
  /// One entry per output of the node; `nil` until set.
  public private(set) var outputs: [Value?]
  /// Outputs that somebody reads; the others may be left unset.
  public let wanted: [Bool]
  public let limits: Limits
  public let parallel: any Parallel

  /// Memory planned for an output, where the planner knew its size: (output, bytes) -> buffer and offset.
  private let planned: ((Int, Int) -> (TensorBuffer, Int)?)?
  private var scratch: [TensorBuffer] = []

  public init(
    inputs: [Value?], outputCount: Int, wanted: [Bool]? = nil, limits: Limits = .default,
    parallel: any Parallel = Serial(), planned: ((Int, Int) -> (TensorBuffer, Int)?)? = nil
  ) {
    self.inputs = inputs
    self.outputs = [Value?](repeating: nil, count: outputCount)
    self.wanted = wanted ?? [Bool](repeating: true, count: outputCount)
    self.limits = limits
    self.parallel = parallel
    self.planned = planned
  }

  // MARK: Inputs

  /// The value at `index`, or `nil` where the model omits that optional input.
  public func optionalValue(_ index: Int) -> Value? { inputs.indices.contains(index) ? inputs[index] : nil }

  /// - Throws: `OperatorError.missingInput`.
  public func value(_ index: Int) throws(OperatorError) -> Value {
    guard let value = optionalValue(index) else { throw .missingInput(index) }
    return value
  }

  /// The tensor at `index`.
  ///
  /// - Throws: `OperatorError.invalid` where the input is missing or no tensor.
  public func input(_ index: Int) throws(OperatorError) -> Tensor {
    guard case .tensor(let tensor) = try value(index) else {
      throw .invalid("input \(index) is not a tensor")
    }
    return tensor
  }

  /// The tensor at `index`, or `nil` where the model omits that optional input.
  public func optionalInput(_ index: Int) throws(OperatorError) -> Tensor? {
    optionalValue(index) == nil ? nil : try input(index)
  }

  /// The elements of the tensor at `index`, row-major, valid until `run` returns.
  ///
  /// - Throws: `OperatorError.invalid` where the element type is another.
  public func elements<T: Element>(
    _ index: Int, as type: T.Type = T.self
  ) throws(OperatorError) -> UnsafeBufferPointer<T> {
    let tensor = try input(index)
    do { return try tensor.unsafeElements(as: T.self) } catch {
      throw .invalid("input \(index): \(error)")
    }
  }

  /// The integers of the tensor at `index` (a shape, axes, repeats).
  public func integers(_ index: Int) throws(OperatorError) -> [Int] {
    let tensor = try input(index)
    do { return try tensor.integers() } catch { throw .invalid("input \(index): \(error)") }
  }

  // MARK: Outputs

  public func wants(_ index: Int) -> Bool { wanted.indices.contains(index) && wanted[index] }

  /// Sets an output to a finished value (a view, a sequence, an input passed through).
  public func set(_ index: Int, _ value: Value) {
    if outputs.indices.contains(index) { outputs[index] = value }
  }

  public func set(_ index: Int, _ tensor: Tensor) { set(index, .tensor(tensor)) }

  /// Makes output `index` a tensor of this type and shape and returns its bytes, uninitialised, to be
  /// written before `run` returns. Memory comes from the run's arena where it was planned.
  ///
  /// - Throws: `OperatorError` for an impossible shape or one beyond the budget.
  public func makeBytes(
    _ index: Int, _ elementType: ElementType, _ dims: [Int]
  ) throws(OperatorError) -> UnsafeMutableRawBufferPointer {
    do {
      let shape = try Shape(dims)
      guard let bytes = elementType.byteCount(of: shape.count) else {
        throw TensorError.invalidShape(dims, "the number of bytes overflows")
      }
      let tensor: Tensor
      if let (buffer, offset) = planned?(index, bytes) {
        tensor = try Tensor(elementType: elementType, shape: shape, buffer: buffer, offset: offset)
      } else {
        tensor = try Tensor(elementType: elementType, shape: shape, limits: limits) { _ in }
      }
      set(index, tensor)
      // A node may declare fewer outputs than its operator writes; what is written must stay alive.
      if !outputs.indices.contains(index), case .bytes(let buffer, _) = tensor.storage {
        scratch.append(buffer)
      }
      // A tensor of strings has no address; asking for its bytes is refused by the initialiser above.
      return UnsafeMutableRawBufferPointer(start: tensor.address, count: bytes)
    } catch let error as TensorError {
      throw OperatorError(error)
    } catch {
      throw .invalid("\(error)")
    }
  }

  /// As `makeBytes`, typed.
  public func make<T: Element>(
    _ index: Int, _ dims: [Int], as type: T.Type = T.self
  ) throws(OperatorError) -> UnsafeMutableBufferPointer<T> {
    try makeBytes(index, T.elementType, dims).bindMemory(to: T.self)
  }

  /// Uninitialised memory for intermediate results, 64-byte aligned, valid until `run` returns.
  ///
  /// - Throws: `OperatorError.resource` beyond the tensor budget; `invalid` for a negative count.
  public func scratch<T: Element>(
    _ count: Int, of type: T.Type = T.self
  ) throws(OperatorError) -> UnsafeMutableBufferPointer<T> {
    guard let bytes = T.elementType.byteCount(of: count) else {
      throw .invalid("scratch memory for \(count) elements is not possible")
    }
    guard bytes <= limits.tensorBytes else {
      throw OperatorError(.overBudget(bytes: bytes, limit: limits.tensorBytes))
    }
    do {
      let buffer = try TensorBuffer(byteCount: bytes)
      scratch.append(buffer)
      return UnsafeMutableRawBufferPointer(start: buffer.base, count: bytes).bindMemory(to: T.self)
    } catch { throw OperatorError(error) }
  }
}
