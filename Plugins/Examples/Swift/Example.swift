// An example plugin in Swift: an operator with two inputs, attributes and shape inference, and a data set.
//
//   swiftc -O -parse-as-library -emit-library -module-name Example \
//     -I <Sources/CAviaryPlugin/include> Example.swift -o libexample.so
//   aviary plugin check libexample.so
//
// Only C crosses the border: functions without captures, and tables that live for ever.

import CAviaryPlugin

// MARK: org.example.Blend(A, B) = (1 - alpha) A + alpha B, of one shape, optionally clamped to `limits`

/// The decoded attributes of a node.
private final class Blend: Sendable {
  let alpha: Float
  let limits: ClosedRange<Float>?

  init?(_ attributes: UnsafePointer<UnsafePointer<AviaryAttribute>?>?, _ count: Int32) {
    var alpha: Float = 0.5
    var limits: ClosedRange<Float>?
    for index in 0..<Int(count) {
      guard let attribute = attributes?[index]?.pointee else { return nil }
      if String(cString: attribute.name) == "alpha", let values = attribute.floats {
        alpha = values[0]
      } else if let values = attribute.floats {
        guard attribute.count == 2, values[0] <= values[1] else { return nil }
        limits = values[0]...values[1]
      }
    }
    guard alpha.isFinite else { return nil }
    self.alpha = alpha
    self.limits = limits
  }

  func callAsFunction(_ a: Float, _ b: Float) -> Float {
    let value = (1 - alpha) * a + alpha * b
    guard let limits else { return value }
    return min(max(value, limits.lowerBound), limits.upperBound)
  }

  static func of(_ instance: UnsafeMutableRawPointer?) -> Blend? {
    instance.map { Unmanaged<Blend>.fromOpaque($0).takeUnretainedValue() }
  }
}

private func blendOperator() -> AviaryOperator {
  var table = AviaryOperator()
  table.size = size(AviaryOperator.self)
  table.abi = UInt32(AVIARY_ABI)
  table.domain = text("org.example")
  table.name = text("Blend")
  table.first_opset = 1
  table.last_opset = 2
  table.min_inputs = 2
  table.max_inputs = 2
  table.output_count = 1
  table.attributes = pointers([
    spec(text("alpha"), AVIARY_FLOAT, required: true), spec(text("limits"), AVIARY_FLOATS, required: false),
  ])
  table.attribute_count = 2
  table.create = { _, _, count, attributes, instance, message in
    guard let blend = Blend(attributes, count) else {
      return fail(message, AVIARY_INVALID, "alpha must be finite, limits two numbers in order")
    }
    instance?.pointee = Unmanaged.passRetained(blend).toOpaque()
    return Int32(AVIARY_OK.rawValue)
  }
  table.destroy = { _, instance in
    if let instance { Unmanaged<Blend>.fromOpaque(instance).release() }
  }
  table.infer = { _, _, _, inputs, _, outputs, message in
    guard let a = inputs?[0]?.pointee, let b = inputs?[1]?.pointee, let output = outputs?[0] else {
      return fail(message, AVIARY_INVALID, "needs two inputs")
    }
    for input in [a, b] where input.element_type != 0 && input.element_type != 1 {
      return fail(message, AVIARY_UNSUPPORTED, "takes float tensors only")
    }
    output.pointee.element_type = 1
    // Whichever shape is known is the shape of both.
    let known = a.rank >= 0 ? a : b
    guard known.rank >= 0 else { return Int32(AVIARY_OK.rawValue) }
    if a.rank >= 0, b.rank >= 0 {
      guard a.rank == b.rank else { return fail(message, AVIARY_INVALID, "both inputs must have one shape") }
      for axis in 0..<Int(a.rank) where a.dims[axis] >= 0 && b.dims[axis] >= 0 {
        guard a.dims[axis] == b.dims[axis] else {
          return fail(message, AVIARY_INVALID, "both inputs must have one shape")
        }
      }
    }
    output.pointee.rank = known.rank
    for axis in 0..<Int(known.rank) { output.pointee.dims[axis] = known.dims[axis] }
    return Int32(AVIARY_OK.rawValue)
  }
  table.run = { _, instance, run, message in
    guard let run = run?.pointee, let blend = Blend.of(instance), let a = run.inputs[0]?.pointee,
      let b = run.inputs[1]?.pointee, let made = run.make_output(run.host, 0, 1, a.rank, a.dims)
    else { return fail(message, AVIARY_INVALID, "the output cannot be made") }
    let count = a.byte_count / MemoryLayout<Float>.stride
    let y = made.bindMemory(to: Float.self, capacity: count)
    let x = [a, b].map { $0.data.bindMemory(to: Float.self, capacity: count) }
    for index in 0..<count { y[index] = blend(x[0][index], x[1][index]) }
    return Int32(AVIARY_OK.rawValue)
  }
  return table
}

// MARK: `stripes:COUNT`, COUNT pictures each of horizontal and vertical stripes

/// Pictures that are drawn, so that nothing need be on disk.
private final class Stripes: Sendable {
  static let side: Int32 = 16
  let perClass: Int64

  init(perClass: Int64) { self.perClass = perClass }

  static func of(_ instance: UnsafeMutableRawPointer?) -> Stripes? {
    instance.map { Unmanaged<Stripes>.fromOpaque($0).takeUnretainedValue() }
  }
}

private func stripesDataset() -> AviaryDataset {
  var table = AviaryDataset()
  table.size = size(AviaryDataset.self)
  table.abi = UInt32(AVIARY_ABI)
  table.kind = text("stripes")
  table.summary = text("drawn stripes; the path is the number of pictures a class")
  table.open = { _, path, instance, message in
    guard let path, let count = Int64(String(cString: path)), (1...1_000_000).contains(count) else {
      return fail(message, AVIARY_INVALID, "the path is a number of pictures, 1 to 1000000")
    }
    instance?.pointee = Unmanaged.passRetained(Stripes(perClass: count)).toOpaque()
    return Int32(AVIARY_OK.rawValue)
  }
  table.close = { _, instance in
    if let instance { Unmanaged<Stripes>.fromOpaque(instance).release() }
  }
  table.class_count = { _, _ in 2 }
  table.class_name = { _, _, index in index == 0 ? text("horizontal") : text("vertical") }
  table.split_count = { _, _ in 1 }
  table.split_name = { _, _, _ in text("test") }
  table.sample_count = { _, instance, _ in 2 * (Stripes.of(instance)?.perClass ?? 0) }
  table.sample = { _, _, _, index, sample, _ in
    sample?.pointee.id = index % 2 == 0 ? text("horizontal") : text("vertical")
    sample?.pointee.label = Int32(index % 2)
    return Int32(AVIARY_OK.rawValue)
  }
  table.image = { _, _, _, index, result, message in
    let side = Stripes.side
    guard let result = result?.pointee, let samples = result.make(result.host, side, side, 1) else {
      return fail(message, AVIARY_RESOURCE, "no memory for the picture")
    }
    for row in 0..<Int(side) {
      for column in 0..<Int(side) {
        // Two pixels white, two black; the index moves the stripes.
        let position = (index % 2 == 0 ? row : column) + Int(index / 2)
        samples[row * Int(side) + column] = position / 2 % 2 == 0 ? 255 : 0
      }
    }
    return Int32(AVIARY_OK.rawValue)
  }
  return table
}

// MARK: The plugin

/// Written once, when the host first asks; then it stays as it is for ever.
nonisolated(unsafe) private let plugin: UnsafePointer<AviaryPlugin> = {
  var table = AviaryPlugin()
  table.size = size(AviaryPlugin.self)
  table.abi = UInt32(AVIARY_ABI)
  table.id = text("example-swift")
  table.version = text("1.0.0")
  table.summary = text("a blend of two tensors and drawn stripes in Swift")
  table.operators = pointers([blendOperator()])
  table.operator_count = 1
  table.datasets = pointers([stripesDataset()])
  table.dataset_count = 1
  return kept(table)
}()

@_cdecl("aviary_plugin_entry")
public func aviaryPluginEntry(_ hostABI: UInt32) -> UnsafePointer<AviaryPlugin>? {
  hostABI == UInt32(AVIARY_ABI) ? plugin : nil
}

// MARK: Helpers

private func size<T>(_ type: T.Type) -> UInt32 { UInt32(MemoryLayout<T>.stride) }

/// A literal as C text; it lives in the library.
private func text(_ literal: StaticString) -> UnsafePointer<CChar> {
  UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self)
}

/// A copy that is never released.
private func kept<T>(_ value: T) -> UnsafePointer<T> {
  let place = UnsafeMutablePointer<T>.allocate(capacity: 1)
  place.initialize(to: value)
  return UnsafePointer(place)
}

/// Pointers to copies that are never released.
private func pointers<T>(_ values: [T]) -> UnsafePointer<UnsafePointer<T>?> {
  let array = UnsafeMutablePointer<UnsafePointer<T>?>.allocate(capacity: values.count)
  for (index, value) in values.enumerated() { (array + index).initialize(to: kept(value)) }
  return UnsafePointer(array)
}

private func spec(_ name: UnsafePointer<CChar>, _ kind: AviaryKind, required: Bool) -> AviaryAttributeSpec {
  var spec = AviaryAttributeSpec()
  spec.size = size(AviaryAttributeSpec.self)
  spec.abi = UInt32(AVIARY_ABI)
  spec.name = name
  spec.kind = Int32(kind.rawValue)
  spec.required = required ? 1 : 0
  return spec
}

private func fail(
  _ message: UnsafePointer<AviaryMessage>?, _ status: AviaryStatus, _ why: StaticString
) -> Int32 {
  aviary_fail(message, status, text(why))
}
