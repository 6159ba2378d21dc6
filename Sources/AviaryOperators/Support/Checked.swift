import AviaryCore

/// Runs `body`, turning what a tensor refuses into an operator's error.
func checked<R>(_ body: () throws(TensorError) -> R) throws(OperatorError) -> R {
  do { return try body() } catch { throw OperatorError(error) }
}

/// `a * b`.
///
/// - Throws: `OperatorError.invalid` where the product does not fit an `Int`.
func product(_ a: Int, _ b: Int, _ what: String = "an extent") throws(OperatorError) -> Int {
  let (result, overflow) = a.multipliedReportingOverflow(by: b)
  guard !overflow else { throw .invalid("\(what) overflows: \(a) * \(b)") }
  return result
}

/// `a + b`.
///
/// - Throws: `OperatorError.invalid` where the sum does not fit an `Int`.
func sum(_ a: Int, _ b: Int, _ what: String = "an extent") throws(OperatorError) -> Int {
  let (result, overflow) = a.addingReportingOverflow(b)
  guard !overflow else { throw .invalid("\(what) overflows: \(a) + \(b)") }
  return result
}

/// Axes in `0 ..< rank`, in the order given.
///
/// - Throws: `OperatorError.invalid` for an axis outside the rank or named twice.
func normalizedAxes(_ axes: [Int], rank: Int, name: String = "axes") throws(OperatorError) -> [Int] {
  var seen: Set<Int> = []
  var result: [Int] = []
  for axis in axes {
    let normalized = try normalizedAxis(axis, rank: rank, name: name)
    guard seen.insert(normalized).inserted else { throw .invalid("\(name) names axis \(axis) twice") }
    result.append(normalized)
  }
  return result
}

/// A constant 1-d list of integers that an input gives (axes, repeats, a shape).
///
/// - Throws: `OperatorError.rank` where the tensor has more than one axis, `invalid` for other types.
func integerList(_ tensor: Tensor, input index: Int) throws(OperatorError) -> [Int] {
  guard tensor.shape.rank <= 1 else {
    throw .rank(tensor.shape.rank, input: index, needs: "0 or 1")
  }
  do { return try tensor.integers() } catch { throw .invalid("input \(index): \(error)") }
}

/// The single integer that an input gives, as a scalar or a tensor of one element.
///
/// - Throws: `OperatorError.invalid` where it holds another number of elements.
func integerScalar(_ tensor: Tensor, input index: Int) throws(OperatorError) -> Int {
  guard tensor.count == 1 else { throw .invalid("input \(index) holds \(tensor.count) values, needs one") }
  do { return try tensor.integers()[0] } catch { throw .invalid("input \(index): \(error)") }
}

extension [ValueInfo] {
  /// The content of the integer list at `index`: `nil` where it is not constant (or absent).
  func integerList(_ index: Int) throws(OperatorError) -> [Int]? {
    guard let tensor = at(index)?.tensor else { return nil }
    return try AviaryOperators.integerList(tensor, input: index)
  }

  /// The number of elements of the 1-d input at `index`, where known: the rank that a shape input gives.
  ///
  /// A model may declare any extent; one beyond every rank in use is treated as not known, so that nobody
  /// makes a list of that length.
  func length(_ index: Int) -> Int? {
    guard let shape = at(index)?.shape, shape.rank == 1, let length = shape[0].value, length <= 1 << 16 else {
      return nil
    }
    return length
  }
}

extension RunContext {
  /// The integer list at `index`, or `nil` where the model omits that input.
  func integerList(_ index: Int) throws(OperatorError) -> [Int]? {
    guard let tensor = try optionalInput(index) else { return nil }
    return try AviaryOperators.integerList(tensor, input: index)
  }

  /// The integer list at `index`.
  ///
  /// - Throws: `OperatorError.missingInput`.
  func requiredIntegerList(_ index: Int) throws(OperatorError) -> [Int] {
    guard let list = try integerList(index) else { throw .missingInput(index) }
    return list
  }
}

extension Optional {
  /// The value, or what `other` gives: `??` with a typed error.
  func or(_ other: @autoclosure () throws(OperatorError) -> Wrapped?) throws(OperatorError) -> Wrapped? {
    if let self { self } else { try other() }
  }
}
