import AviaryCore
import CAviaryPlugin
import Dispatch

/// The probes of an operator: every attribute ordinary and extreme, every kind of input it could meet.
struct OperatorProbes {
  private let table: ForeignOperatorTable
  private let subject: String

  init(_ table: ForeignOperatorTable) {
    self.table = table
    subject = "operator \(table.id)"
  }

  var all: [PluginProbe] {
    let required = table.attributes.filter(\.isRequired)
    var probes = [
      probe("create: required attributes", sane: true) { () throws(CallFailure) in
        _ = try make(ProbeAttributes.ordinary(required))
      },
      probe("create: all attributes", sane: false) { () throws(CallFailure) in
        _ = try make(ProbeAttributes.ordinary(table.attributes))
      },
    ]
    for spec in table.attributes {
      for (name, value) in ProbeAttributes.extreme(spec) {
        probes.append(
          probe("create, infer, run: '\(spec.name)' is \(name)", sane: false) { () throws(CallFailure) in
            var attributes = ProbeAttributes.ordinary(required)
            attributes[spec.name] = value
            try compute(try make(attributes), ProbeTensors.ordinary[0].tensors(inputCount))
          })
      }
    }
    return probes + inferProbes + runProbes
  }

  private func probe(
    _ name: String, sane: Bool, ask: @escaping () throws(CallFailure) -> Void
  ) -> PluginProbe {
    PluginProbe(subject, name, sane: sane, ask: ask)
  }

  // MARK: Shapes

  private var inferProbes: [PluginProbe] {
    let cases: [(String, ValueInfo)] = [
      ("unknown values", .unknown), ("tensors of unknown type and shape", ValueInfo(nil, .unknown)),
      ("float, unknown shape", ValueInfo(.float, .unknown)),
      ("float, open extents", ValueInfo(.float, SymbolicShape([.symbol("n"), .symbol("m")]))),
      ("float, unknown extents", ValueInfo(.float, .rank(2))), ("scalars", ValueInfo(.float, [])),
      ("empty tensors", ValueInfo(.float, [0, 3])),
      ("64 axes", ValueInfo(.float, [Int](repeating: 1, count: 64))),
      ("huge extents", ValueInfo(.float, SymbolicShape([.known(1 << 40), .known(1 << 20)]))),
    ]
    return cases.map { name, info in
      probe("infer: \(name)", sane: false) { () throws(CallFailure) in
        _ = try ordinary().inferred([ValueInfo](repeating: info, count: inputCount))
      }
    } + [
      probe("infer: all inputs absent", sane: false) { () throws(CallFailure) in
        guard table.inputs.min == 0 else { return }
        _ = try ordinary().inferred([ValueInfo](repeating: .absent, count: inputCount))
      }
    ]
  }

  // MARK: Values

  private var runProbes: [PluginProbe] {
    var probes: [PluginProbe] = []
    for example in ProbeTensors.ordinary {
      probes.append(
        probe("run: \(example.name)", sane: true) { () throws(CallFailure) in
          try compute(try ordinary(), try example.tensors(inputCount))
        })
    }
    for example in ProbeTensors.extreme {
      probes.append(
        probe("run: \(example.name)", sane: false) { () throws(CallFailure) in
          try compute(try ordinary(), try example.tensors(inputCount))
        })
    }
    let counts = Set([table.inputs.min, table.inputs.max ?? table.inputs.min + 3]).sorted()
    for count in counts where count <= 64 {
      probes.append(
        probe("run: \(count) inputs", sane: false) { () throws(CallFailure) in
          try compute(try ordinary(), try ProbeTensors.ordinary[0].tensors(count))
        })
    }
    probes.append(
      probe("run: from four threads at once", sane: false) { () throws(CallFailure) in try computeAtOnce() })
    return probes
  }

  private var inputCount: Int { max(table.inputs.min, min(2, table.inputs.max ?? 2)) }

  private func make(_ values: [String: AttributeValue]) throws(CallFailure) -> ForeignOperator {
    var attributes = Attributes(values)
    let arena = ForeignArena()
    let decoded: [AviaryAttribute]
    do throws(ImportError) { decoded = try table.decoded(&attributes, arena) } catch {
      throw .refused(status: Int32(AVIARY_INVALID.rawValue), error.message)
    }
    let op = try ForeignOperator(table, decoded, arena, opset: table.opsets.upperBound)
    return withExtendedLifetime(attributes) { op }
  }

  private func ordinary() throws(CallFailure) -> ForeignOperator {
    try make(ProbeAttributes.ordinary(table.attributes.filter(\.isRequired)))
  }

  /// Runs twice and compares: with each other, and with what is inferred when extents are open.
  private func compute(_ op: ForeignOperator, _ tensors: [Tensor]) throws(CallFailure) {
    let first = try outputs(op, tensors)
    let open = try op.inferred(
      tensors.map { tensor in
        ValueInfo(
          tensor.elementType, SymbolicShape(tensor.shape.dims.map { .symbol("extent \($0)") }))
      })
    for (index, tensor) in first.enumerated() where index < open.count {
      guard open[index].allows(tensor.elementType, tensor.shape.dims) else {
        throw .broken(
          "infer says \(open[index].elementType?.name ?? "?") \(open[index].shape) of output \(index) while "
            + "extents are open, run makes \(tensor.elementType.name) \(tensor.shape)")
      }
    }
    guard !table.isRandom else { return }
    let second = try outputs(op, tensors)
    guard zip(first, second).allSatisfy({ $0.hasBytes(of: $1) }) else {
      throw .broken("two runs on the same inputs differ, but the operator does not say that it is random")
    }
  }

  private func outputs(_ op: ForeignOperator, _ tensors: [Tensor]) throws(CallFailure) -> [Tensor] {
    let context = RunContext(inputs: tensors.map { .tensor($0) }, outputCount: table.outputCount)
    try op.compute(context)
    return context.outputs.compactMap { $0?.tensor }
  }

  private func computeAtOnce() throws(CallFailure) {
    let op = try ordinary()
    let tensors = try ProbeTensors.ordinary[0].tensors(inputCount)
    let failures = Guarded<[CallFailure]>([])
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      do throws(CallFailure) {
        for _ in 0..<20 { try compute(op, tensors) }
      } catch { failures.withLock { $0.append(error) } }
    }
    if let failure = failures.withLock({ $0.first }) { throw failure }
  }
}

extension Tensor {
  fileprivate func hasBytes(of other: Tensor) -> Bool {
    elementType == other.elementType && shape == other.shape
      && withBytes { own in other.withBytes { own.elementsEqual($0) } }
  }
}
