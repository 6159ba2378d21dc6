import AviaryCore
import Testing

@Suite struct TensorTests {
  @Test(arguments: [[-1], [Int.max, 2], [Int.max, 0, 2], [1 << 32, 1 << 32]])
  func impossibleShapesAreRefused(dims: [Int]) {
    #expect(throws: TensorError.self) { try Shape(dims) }
  }

  @Test func aScalarHasOneElementAndAnEmptyTensorNone() throws {
    #expect(Shape.scalar.count == 1)
    #expect(try Shape([3, 0, 2]).count == 0)
    #expect(try Shape([2, 3, 4]).strides == [12, 4, 1])
  }

  @Test func theBudgetIsCheckedBeforeMemoryIsTaken() throws {
    let huge = try Shape([1 << 40])
    let error = #expect(throws: TensorError.self) {
      try Tensor(elementType: .double, shape: huge) { _ in Issue.record("must not be reached") }
    }
    #expect(error == .overBudget(bytes: 1 << 43, limit: Limits.default.tensorBytes))
  }

  @Test(arguments: [
    (ElementType.float, 3, 12), (.int4, 3, 2), (.uint2, 5, 2), (.string, 9, 0), (.complex128, 2, 32),
    (.float8e4m3fn, 7, 7),
  ])
  func bytesOfElements(type: ElementType, count: Int, bytes: Int) {
    #expect(type.byteCount(of: count) == bytes)
    #expect(type.byteCount(of: -1) == nil)
    if type.bitWidth > 8 { #expect(type.byteCount(of: Int.max) == nil) }
  }

  @Test func namesAreTheSpecifications() {
    for type in ElementType.allCases { #expect(ElementType(name: type.name) == type) }
    #expect(ElementType.float8e4m3fnuz.name == "float8e4m3fnuz")
  }

  @Test func readingAsAnotherTypeIsAnError() throws {
    let tensor = try Tensor([1, 2, 3] as [Int32])
    #expect(throws: TensorError.typeMismatch(expected: .float, found: .int32)) {
      try tensor.array(of: Float.self)
    }
    #expect(try tensor.integers() == [1, 2, 3])
    #expect(throws: TensorError.self) { try Tensor([UInt64.max]).integers() }
  }

  /// Rounding to nearest even, checked against the definition: the nearest of all bfloat16 values.
  @Test(arguments: [1.0, 1.00390625, 1.01171875, -3.1415927, 65504, 3.4e38, 1e-40, 0, -0.0, .infinity] as [Float])
  func bfloat16RoundsToNearestEven(value: Float) {
    let rounded = BFloat16(value)
    let here = Float(rounded)
    if value.isInfinite || here.isInfinite { return #expect(here == (value.magnitude > 3.39e38 ? value.sign == .minus ? -.infinity : .infinity : value)) }
    let below = Float(BFloat16(bitPattern: rounded.bitPattern &- 1))
    let above = Float(BFloat16(bitPattern: rounded.bitPattern &+ 1))
    for other in [below, above] where other.isFinite {
      let (mine, theirs) = ((Double(here) - Double(value)).magnitude, (Double(other) - Double(value)).magnitude)
      #expect(mine < theirs || (mine == theirs && rounded.bitPattern & 1 == 0))
    }
    #expect(Float(BFloat16(Float.nan)).isNaN)
  }
}
