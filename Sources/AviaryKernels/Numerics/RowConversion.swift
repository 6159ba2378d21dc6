import AviaryCore

// Each conforming type specialises the two generic ladders below once; everything else in the package
// converts rows through these entry points.
extension Float {
  @usableFromInline package static func load(
    _ row: ElementRow, _ start: Int, _ count: Int, into target: UnsafeMutablePointer<Float>
  ) {
    loadRow(row, start, count, target)
  }
  @usableFromInline package static func store(
    _ source: UnsafePointer<Float>, _ count: Int, _ row: MutableElementRow, _ start: Int
  ) {
    storeRow(source, count, row, start)
  }
}

extension Double {
  @usableFromInline package static func load(
    _ row: ElementRow, _ start: Int, _ count: Int, into target: UnsafeMutablePointer<Double>
  ) {
    loadRow(row, start, count, target)
  }
  @usableFromInline package static func store(
    _ source: UnsafePointer<Double>, _ count: Int, _ row: MutableElementRow, _ start: Int
  ) {
    storeRow(source, count, row, start)
  }
}

extension Int64 {
  @usableFromInline package static func load(
    _ row: ElementRow, _ start: Int, _ count: Int, into target: UnsafeMutablePointer<Int64>
  ) {
    loadRow(row, start, count, target)
  }
  @usableFromInline package static func store(
    _ source: UnsafePointer<Int64>, _ count: Int, _ row: MutableElementRow, _ start: Int
  ) {
    storeRow(source, count, row, start)
  }
}

extension UInt64 {
  @usableFromInline package static func load(
    _ row: ElementRow, _ start: Int, _ count: Int, into target: UnsafeMutablePointer<UInt64>
  ) {
    loadRow(row, start, count, target)
  }
  @usableFromInline package static func store(
    _ source: UnsafePointer<UInt64>, _ count: Int, _ row: MutableElementRow, _ start: Int
  ) {
    storeRow(source, count, row, start)
  }
}

@inline(__always)
private func loadRow<C: ComputeElement>(
  _ row: ElementRow, _ start: Int, _ count: Int, _ target: UnsafeMutablePointer<C>
) {
  let base = row.base
  @inline(__always) func each<S>(_ type: S.Type, _ convert: (S) -> C) {
    let source = base.assumingMemoryBound(to: S.self) + start
    for i in 0..<count { target[i] = convert(source[i]) }
  }
  @inline(__always) func bits(_ width: Int, _ convert: (UInt8) -> C) {
    for i in 0..<count { target[i] = convert(PackedBits.get(base, start + i, width: width)) }
  }
  switch row.type {
  case .float: each(Float.self) { C.of($0) }
  case .double: each(Double.self) { C.of($0) }
  case .float16: each(Float16.self) { C.of(Float($0)) }
  case .bfloat16: each(BFloat16.self) { C.of(Float($0)) }
  case .int8: each(Int8.self) { C.of(Int64($0)) }
  case .int16: each(Int16.self) { C.of(Int64($0)) }
  case .int32: each(Int32.self) { C.of(Int64($0)) }
  case .int64: each(Int64.self) { C.of($0) }
  case .uint8: each(UInt8.self) { C.of(Int64($0)) }
  case .uint16: each(UInt16.self) { C.of(Int64($0)) }
  case .uint32: each(UInt32.self) { C.of(Int64($0)) }
  case .uint64: each(UInt64.self) { C.of($0) }
  // A byte beyond 0 and 1 is no Swift Bool, so it is read as a number.
  case .bool: each(UInt8.self) { $0 == 0 ? C.zero : C.one }
  case .float8e8m0: each(UInt8.self) { C.of(ScaleFloat.decode($0)) }
  case .float8e4m3fn: each(UInt8.self) { C.of(SmallFloat.e4m3fn.decode($0)) }
  case .float8e4m3fnuz: each(UInt8.self) { C.of(SmallFloat.e4m3fnuz.decode($0)) }
  case .float8e5m2: each(UInt8.self) { C.of(SmallFloat.e5m2.decode($0)) }
  case .float8e5m2fnuz: each(UInt8.self) { C.of(SmallFloat.e5m2fnuz.decode($0)) }
  case .float4e2m1: bits(4) { C.of(SmallFloat.e2m1.decode($0)) }
  case .float6e2m3: bits(6) { C.of(SmallFloat.e2m3.decode($0)) }
  case .float6e3m2: bits(6) { C.of(SmallFloat.e3m2.decode($0)) }
  case .int4: bits(4) { C.of(PackedBits.signed($0, width: 4)) }
  case .uint4: bits(4) { C.of(Int64($0)) }
  case .int2: bits(2) { C.of(PackedBits.signed($0, width: 2)) }
  case .uint2: bits(2) { C.of(Int64($0)) }
  // No compute type: callers ask `ElementType.computeType` first.
  case .string, .complex64, .complex128:
    target.update(repeating: C.zero, count: count)
  }
}

@inline(__always)
private func storeRow<C: ComputeElement>(
  _ source: UnsafePointer<C>, _ count: Int, _ row: MutableElementRow, _ start: Int
) {
  let base = row.base
  @inline(__always) func each<T>(_ type: T.Type, _ convert: (C) -> T) {
    let target = base.assumingMemoryBound(to: T.self) + start
    for i in 0..<count { target[i] = convert(source[i]) }
  }
  @inline(__always) func bits(_ width: Int, _ convert: (C) -> UInt8) {
    for i in 0..<count { PackedBits.set(base, start + i, width: width, convert(source[i])) }
  }
  switch row.type {
  case .float: each(Float.self) { $0.asFloat }
  case .double: each(Double.self) { $0.asDouble }
  case .float16: each(Float16.self) { $0.asFloat16 }
  case .bfloat16: each(BFloat16.self) { BFloat16($0.asFloat) }
  case .int8: each(Int8.self) { Int8(truncatingIfNeeded: $0.asInt32) }
  case .int16: each(Int16.self) { Int16(truncatingIfNeeded: $0.asInt32) }
  case .int32: each(Int32.self) { $0.asInt32 }
  case .int64: each(Int64.self) { $0.asInt64 }
  case .uint8: each(UInt8.self) { UInt8(truncatingIfNeeded: $0.asInt32) }
  case .uint16: each(UInt16.self) { UInt16(truncatingIfNeeded: $0.asInt32) }
  case .uint32: each(UInt32.self) { UInt32(truncatingIfNeeded: $0.asInt64) }
  case .uint64: each(UInt64.self) { $0.asUInt64 }
  case .bool: each(Bool.self) { $0 != C.zero }
  case .float8e8m0:
    each(UInt8.self) { ScaleFloat.encode($0.asFloat, saturate: row.saturate, rounding: row.rounding) }
  case .float8e4m3fn: each(UInt8.self) { SmallFloat.e4m3fn.encode($0.asFloat, saturate: row.saturate) }
  case .float8e4m3fnuz: each(UInt8.self) { SmallFloat.e4m3fnuz.encode($0.asFloat, saturate: row.saturate) }
  case .float8e5m2: each(UInt8.self) { SmallFloat.e5m2.encode($0.asFloat, saturate: row.saturate) }
  case .float8e5m2fnuz: each(UInt8.self) { SmallFloat.e5m2fnuz.encode($0.asFloat, saturate: row.saturate) }
  case .float4e2m1: bits(4) { SmallFloat.e2m1.encode($0.asFloat) }
  case .float6e2m3: bits(6) { SmallFloat.e2m3.encode($0.asFloat) }
  case .float6e3m2: bits(6) { SmallFloat.e3m2.encode($0.asFloat) }
  case .int4, .uint4: bits(4) { UInt8(truncatingIfNeeded: $0.asInt32) }
  case .int2, .uint2: bits(2) { UInt8(truncatingIfNeeded: $0.asInt32) }
  case .string, .complex64, .complex128: break
  }
}

/// Converts elements into a row of a compute type.
package func loadRow(
  _ compute: ComputeType, _ row: ElementRow, _ start: Int, _ count: Int, _ target: UnsafeMutableRawPointer
) {
  switch compute {
  case .float: Float.load(row, start, count, into: target.assumingMemoryBound(to: Float.self))
  case .double: Double.load(row, start, count, into: target.assumingMemoryBound(to: Double.self))
  case .int64: Int64.load(row, start, count, into: target.assumingMemoryBound(to: Int64.self))
  case .uint64: UInt64.load(row, start, count, into: target.assumingMemoryBound(to: UInt64.self))
  }
}

/// Converts a row of a compute type, or of Bool where `compute` is nil, into elements.
package func storeRow(
  _ compute: ComputeType?, _ source: UnsafeRawPointer, _ count: Int, _ row: MutableElementRow, _ start: Int
) {
  switch compute {
  case .float: Float.store(source.assumingMemoryBound(to: Float.self), count, row, start)
  case .double: Double.store(source.assumingMemoryBound(to: Double.self), count, row, start)
  case .int64: Int64.store(source.assumingMemoryBound(to: Int64.self), count, row, start)
  case .uint64: UInt64.store(source.assumingMemoryBound(to: UInt64.self), count, row, start)
  case nil: (row.base + start).copyMemory(from: source, byteCount: count)
  }
}
