import AviaryCore
import CAviaryPlugin

/// An operator that a loaded plugin declares: its table, checked.
///
/// Why `@unchecked Sendable` holds: nothing here is written, and the interface demands that the functions
/// behind it can be called from several threads.
struct ForeignOperatorTable: @unchecked Sendable {
  let plugin: String
  let id: OperatorID
  let opsets: ClosedRange<Int>
  /// No upper bound: any number.
  let inputs: (min: Int, max: Int?)
  let outputCount: Int
  let isRandom: Bool
  let attributes: [ForeignAttributeSpec]
  let table: AviaryOperator

  /// - Throws: `CallFailure.broken` for whatever is wrong with the table.
  init(_ table: AviaryOperator, plugin: String) throws(CallFailure) {
    let name = try foreignText(table.name, "the name of an operator")
    let domain = try foreignText(table.domain, "the domain of operator '\(name)'")
    id = OperatorID(name, domain: domain)
    let what = "operator '\(id)'"
    try requireCallbacks(
      [
        "create": table.create != nil, "destroy": table.destroy != nil, "infer": table.infer != nil,
        "run": table.run != nil,
      ], what)
    guard !id.domain.isEmpty, id.domain != OperatorID.aviaryDomain else {
      throw .broken("\(what) is in a domain that is not the plugin's own")
    }
    guard table.first_opset >= 1, table.first_opset <= table.last_opset else {
      throw .broken("\(what) is of the opsets \(table.first_opset) to \(table.last_opset)")
    }
    let takesAnyNumber = table.max_inputs == -1
    guard (0...4096).contains(table.min_inputs), takesAnyNumber || table.max_inputs >= table.min_inputs else {
      throw .broken("\(what) takes \(table.min_inputs) to \(table.max_inputs) inputs")
    }
    guard (1...4096).contains(table.output_count) else {
      throw .broken("\(what) has \(table.output_count) outputs")
    }
    opsets = Int(table.first_opset)...Int(table.last_opset)
    inputs = (Int(table.min_inputs), takesAnyNumber ? nil : Int(table.max_inputs))
    outputCount = Int(table.output_count)
    isRandom = table.is_random != 0
    var specs: [ForeignAttributeSpec] = []
    let declared = try foreignTables(
      table.attributes, count: table.attribute_count, "attribute of \(what)")
    for spec in declared { specs.append(try ForeignAttributeSpec(spec, operator: id.description)) }
    guard Set(specs.map(\.name)).count == specs.count else {
      throw .broken("\(what) declares an attribute twice")
    }
    attributes = specs
    self.table = table
    self.plugin = plugin
  }

  /// The attributes of a node that the operator declares.
  ///
  /// - Throws: `ImportError` (`invalidAttribute`) for those that are missing or of another kind.
  func decoded(
    _ attributes: inout Attributes, _ arena: ForeignArena
  ) throws(ImportError) -> [AviaryAttribute] {
    var values: [AviaryAttribute] = []
    for spec in self.attributes {
      if let value = try spec.decoded(&attributes, arena) { values.append(value) }
    }
    return values
  }

  var factory: OperatorFactory {
    OperatorFactory(id: id, opsets: opsets) { (attributes, opset) throws(ImportError) in
      try ForeignOperator(self, attributes: &attributes, opset: opset)
    }
  }
}

/// An operator of a loaded plugin, which looks like any other: it decodes, infers, runs.
struct ForeignOperator: Operator {
  /// The real ones are those of the table; nobody asks a type that is made by a factory.
  static let id = OperatorID("Foreign", domain: OperatorID.aviaryDomain)
  static let opsets = 1...1

  let table: ForeignOperatorTable
  private let instance: Instance

  /// What the plugin made for the node; released with the last copy of the operator.
  private final class Instance: @unchecked Sendable {
    let table: AviaryOperator
    let handle: UnsafeMutableRawPointer?

    init(_ table: AviaryOperator, _ handle: UnsafeMutableRawPointer?) {
      self.table = table
      self.handle = handle
    }

    deinit { table.destroy?(table.`self`, handle) }
  }

  /// Without a table there is no operator: this is for the registry of types, which never has this one.
  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    throw ImportError(.unsupported, "an operator of a plugin is made by its factory")
  }

  init(_ table: ForeignOperatorTable, attributes: inout Attributes, opset: Int) throws(ImportError) {
    let arena = ForeignArena()
    let values = try table.decoded(&attributes, arena)
    do throws(CallFailure) { try self.init(table, values, arena, opset: opset) } catch {
      let text = "plugin '\(table.plugin)': \(error)"
      if case .refused(Int32(AVIARY_UNSUPPORTED.rawValue), _) = error {
        throw ImportError(.unsupported, text)
      }
      throw ImportError(.invalidAttribute, text)
    }
    // Tensors among the attributes are borrowed during the call.
    withExtendedLifetime(attributes) {}
  }

  /// - Throws: `CallFailure`.
  init(
    _ table: ForeignOperatorTable, _ values: [AviaryAttribute], _ arena: ForeignArena, opset: Int
  ) throws(CallFailure) {
    guard let create = table.table.create else { throw .broken("it has no function 'create'") }
    var handle: UnsafeMutableRawPointer?
    let pointers = arena.pointers(values)
    try foreignCall("create") { message in
      create(table.table.`self`, Int32(clamping: opset), Int32(values.count), pointers, &handle, message)
    }
    withExtendedLifetime(arena) {}
    self.table = table
    instance = Instance(table.table, handle)
  }

  var isDeterministic: Bool { !table.isRandom }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    try checkCount(inputs.map { !$0.isAbsent })
    do throws(CallFailure) { return try inferred(inputs) } catch { throw operatorError(error) }
  }

  func run(_ context: RunContext) throws(OperatorError) {
    try checkCount(context.inputs.map { $0 != nil })
    do throws(CallFailure) { try compute(context) } catch { throw operatorError(error) }
  }

  // MARK: Calls

  /// What the plugin says of its outputs.
  func inferred(_ inputs: [ValueInfo]) throws(CallFailure) -> [ValueInfo] {
    guard let infer = table.table.infer else { throw .broken("it has no function 'infer'") }
    let arena = ForeignArena()
    var extents = ForeignExtents()
    var infos: [AviaryValueInfo?] = []
    for (index, info) in inputs.enumerated() { infos.append(try extents.encoded(info, index, arena)) }
    var blank = AviaryOutputInfo()
    blank.size = foreignSize(AviaryOutputInfo.self)
    blank.abi = UInt32(AVIARY_ABI)
    blank.rank = -1
    let outputs = (0..<table.outputCount).map { _ in
      var output = blank
      output.dims = arena.array([Int64](repeating: -1, count: Int(AVIARY_MAX_RANK)))
      return arena.array([output])
    }
    let given = arena.pointers(infos), places = UnsafePointer(arena.array(outputs))
    try foreignCall("infer") { message in
      infer(
        table.table.`self`, instance.handle, Int32(infos.count), given, Int32(outputs.count), places, message)
    }
    var result: [ValueInfo] = []
    for (index, output) in outputs.enumerated() {
      guard let output else { continue }
      result.append(try extents.decoded(output.pointee, "infer: output \(index)"))
    }
    withExtendedLifetime((arena, inputs)) {}
    return result
  }

  /// Runs the plugin's function and checks what it made.
  func compute(_ context: RunContext) throws(CallFailure) {
    guard let run = table.table.run else { throw .broken("it has no function 'run'") }
    let promised = try inferred(context.inputs.map { $0.map { ValueInfo(constant: $0) } ?? .absent })
    let arena = ForeignArena()
    var tensors: [AviaryTensor?] = []
    for (index, value) in context.inputs.enumerated() {
      guard let tensor = value?.tensor else {
        tensors.append(nil)
        continue
      }
      tensors.append(try arena.tensor(tensor, "input \(index)"))
    }
    let host = ForeignRunHost(context, promised: promised)
    var view = host.view
    view.input_count = Int32(tensors.count)
    view.inputs = arena.pointers(tensors)
    view.wanted = UnsafePointer(arena.array((0..<table.outputCount).map { context.wants($0) ? UInt8(1) : 0 }))
    var failure: CallFailure?
    do throws(CallFailure) {
      try foreignCall("run") { message in
        withUnsafePointer(to: view) { run(table.table.`self`, instance.handle, $0, message) }
      }
    } catch { failure = error }
    withExtendedLifetime((arena, host, context)) {}
    // What the host refused is the cause of whatever the plugin said afterwards.
    if let failure = host.failure ?? failure { throw failure }
    for index in 0..<table.outputCount where context.wants(index) && context.outputs[index] == nil {
      throw .broken("run did not make output \(index)")
    }
  }

  private func checkCount(_ given: [Bool]) throws(OperatorError) {
    let count = (given.lastIndex(of: true) ?? -1) + 1
    if let max = table.inputs.max, count > max {
      throw .invalid("has \(count) inputs, takes at most \(max)")
    }
    for index in 0..<table.inputs.min where index >= given.count || !given[index] {
      throw .missingInput(index)
    }
  }

  private func operatorError(_ failure: CallFailure) -> OperatorError {
    let text = "plugin '\(table.plugin)': \(failure)"
    return switch failure {
    case .refused(Int32(AVIARY_UNSUPPORTED.rawValue), _): .unsupported(text)
    case .refused(Int32(AVIARY_RESOURCE.rawValue), _), .resource: .resource(text)
    default: .invalid(text)
    }
  }
}
