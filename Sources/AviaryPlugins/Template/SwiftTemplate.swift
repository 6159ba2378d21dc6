/// A plugin in Swift with one operator.
enum SwiftTemplate {
  static let package = #"""
    // swift-tools-version: 6.0
    import PackageDescription

    let package = Package(
      name: "__NAME__",
      products: [.library(name: "__MODULE__", type: .dynamic, targets: ["__MODULE__"])],
      targets: [
        .target(name: "CAviaryPlugin"),
        .target(name: "__MODULE__", dependencies: ["CAviaryPlugin"]),
      ]
    )

    """#

  static let moduleMap = #"""
    module CAviaryPlugin {
      header "aviary_plugin.h"
      export *
    }

    """#

  static let source = #"""
    // Only C crosses the border to the host: functions without captures, tables that live for ever.
    import CAviaryPlugin

    /// Scale(X) = factor * X
    private final class Scale: Sendable {
      let factor: Float

      init(factor: Float) { self.factor = factor }

      static func of(_ instance: UnsafeMutableRawPointer?) -> Scale? {
        instance.map { Unmanaged<Scale>.fromOpaque($0).takeUnretainedValue() }
      }
    }

    private func scaleOperator() -> AviaryOperator {
      var factor = AviaryAttributeSpec()
      factor.size = size(AviaryAttributeSpec.self)
      factor.abi = UInt32(AVIARY_ABI)
      factor.name = text("factor")
      factor.kind = Int32(AVIARY_FLOAT.rawValue)

      var table = AviaryOperator()
      table.size = size(AviaryOperator.self)
      table.abi = UInt32(AVIARY_ABI)
      table.domain = text("__DOMAIN__")
      table.name = text("Scale")
      table.first_opset = 1
      table.last_opset = 1
      table.min_inputs = 1
      table.max_inputs = 1
      table.output_count = 1
      table.attributes = pointers([factor])
      table.attribute_count = 1
      table.create = { _, _, count, attributes, instance, message in
        // The host passes on what is declared, of the kind that is declared: at most `factor`.
        let factor = count > 0 ? attributes?[0]?.pointee.floats?.pointee : nil
        instance?.pointee = Unmanaged.passRetained(Scale(factor: factor ?? 1)).toOpaque()
        return Int32(AVIARY_OK.rawValue)
      }
      table.destroy = { _, instance in
        if let instance { Unmanaged<Scale>.fromOpaque(instance).release() }
      }
      table.infer = { _, _, _, inputs, _, outputs, message in
        guard let input = inputs?[0]?.pointee, let output = outputs?[0] else {
          return fail(message, AVIARY_INVALID, "needs an input")
        }
        guard input.element_type == 0 || input.element_type == 1 else {
          return fail(message, AVIARY_UNSUPPORTED, "takes float tensors only")
        }
        output.pointee.element_type = 1
        output.pointee.rank = input.rank
        if input.rank > 0 {
          for axis in 0..<Int(input.rank) { output.pointee.dims[axis] = input.dims[axis] }
        }
        return Int32(AVIARY_OK.rawValue)
      }
      table.run = { _, instance, run, message in
        guard let run = run?.pointee, let scale = Scale.of(instance), let input = run.inputs[0]?.pointee,
          let made = run.make_output(run.host, 0, 1, input.rank, input.dims)
        else { return fail(message, AVIARY_INVALID, "the output cannot be made") }
        let count = input.byte_count / MemoryLayout<Float>.stride
        let x = input.data.bindMemory(to: Float.self, capacity: count)
        let y = made.bindMemory(to: Float.self, capacity: count)
        for index in 0..<count { y[index] = scale.factor * x[index] }
        return Int32(AVIARY_OK.rawValue)
      }
      return table
    }

    /// Written once, when the host first asks; then it stays as it is.
    nonisolated(unsafe) private let plugin: UnsafePointer<AviaryPlugin> = {
      var table = AviaryPlugin()
      table.size = size(AviaryPlugin.self)
      table.abi = UInt32(AVIARY_ABI)
      table.id = text("__NAME__")
      table.version = text("0.1.0")
      table.summary = text("what __NAME__ adds, in one line")
      table.operators = pointers([scaleOperator()])
      table.operator_count = 1
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

    private func fail(
      _ message: UnsafePointer<AviaryMessage>?, _ status: AviaryStatus, _ why: StaticString
    ) -> Int32 {
      aviary_fail(message, status, text(why))
    }

    """#
}
