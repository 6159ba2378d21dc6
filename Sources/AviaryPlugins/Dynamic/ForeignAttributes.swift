import AviaryCore
import AviaryImage
import CAviaryPlugin

/// What an operator of a plugin says of one of its attributes.
struct ForeignAttributeSpec: Sendable, Equatable {
  let name: String
  let kind: UInt32
  let isRequired: Bool

  /// - Throws: `CallFailure.broken` for a kind that attributes cannot have, or no name.
  init(_ spec: AviaryAttributeSpec, operator name: String) throws(CallFailure) {
    self.name = try foreignText(spec.name, "the name of an attribute of operator '\(name)'")
    guard let kind = UInt32(exactly: spec.kind), Self.names[kind] != nil else {
      throw .broken("attribute '\(self.name)' of operator '\(name)' is of kind \(spec.kind), which is none")
    }
    self.kind = kind
    isRequired = spec.required != 0
  }

  static let names: [UInt32: String] = [
    AVIARY_FLOAT.rawValue: "a float", AVIARY_INT.rawValue: "an integer", AVIARY_STRING.rawValue: "a string",
    AVIARY_TENSOR.rawValue: "a tensor", AVIARY_FLOATS.rawValue: "a list of floats",
    AVIARY_INTS.rawValue: "a list of integers", AVIARY_STRINGS.rawValue: "a list of strings",
    AVIARY_TENSORS.rawValue: "a list of tensors",
  ]

  /// The attribute as the plugin sees it; `nil` where the node does not have it.
  ///
  /// - Throws: `ImportError` (`invalidAttribute`) where it is missing or of another kind.
  func decoded(
    _ attributes: inout Attributes, _ arena: ForeignArena
  ) throws(ImportError) -> AviaryAttribute? {
    guard let value = attributes.value(name) else {
      guard !isRequired else { throw ImportError(.invalidAttribute, "attribute '\(name)' is missing") }
      return nil
    }
    var result = AviaryAttribute.named(name, kind: kind, arena)
    switch (value, AviaryKind(kind)) {
    case (.float(let float), AVIARY_FLOAT): result.fill(floats: [float], arena)
    case (.int(let int), AVIARY_INT): result.fill(ints: [int], arena)
    case (.string(let text), AVIARY_STRING): result.fill(strings: [try checked(text)], arena)
    case (.tensor(let tensor), AVIARY_TENSOR): try fill(&result, tensors: [tensor], arena)
    case (.floats(let floats), AVIARY_FLOATS): result.fill(floats: floats, arena)
    case (.ints(let ints), AVIARY_INTS): result.fill(ints: ints, arena)
    case (.strings(let strings), AVIARY_STRINGS):
      for text in strings { _ = try checked(text) }
      result.fill(strings: strings, arena)
    case (.tensors(let tensors), AVIARY_TENSORS): try fill(&result, tensors: tensors, arena)
    // An empty list has no type of its own on the wire.
    case (.ints([]), AVIARY_FLOATS), (.ints([]), AVIARY_STRINGS), (.ints([]), AVIARY_TENSORS),
      (.floats([]), AVIARY_INTS):
      break
    default:
      let wanted = Self.names[kind] ?? "something else"
      throw ImportError(.invalidAttribute, "attribute '\(name)' must be \(wanted)")
    }
    return result
  }

  /// C text ends at the first NUL: one inside would silently cut it.
  private func checked(_ text: String) throws(ImportError) -> String {
    guard !text.utf8.contains(0) else {
      throw ImportError(
        .invalidAttribute, "attribute '\(name)' has a NUL character, which plugins cannot take")
    }
    return text
  }

  private func fill(
    _ result: inout AviaryAttribute, tensors: [Tensor], _ arena: ForeignArena
  ) throws(ImportError) {
    var views: [AviaryTensor?] = []
    do throws(CallFailure) {
      for tensor in tensors { views.append(try arena.tensor(tensor, "attribute '\(name)'")) }
    } catch { throw ImportError(.unsupported, error.description) }
    result.count = Int64(tensors.count)
    result.tensors = arena.pointers(views)
  }
}

extension AviaryAttribute {
  static func named(_ name: String, kind: UInt32, _ arena: ForeignArena) -> AviaryAttribute {
    var result = AviaryAttribute()
    result.size = foreignSize(AviaryAttribute.self)
    result.abi = UInt32(AVIARY_ABI)
    result.name = arena.text(name)
    result.kind = Int32(kind)
    return result
  }

  mutating func fill(floats: [Float], _ arena: ForeignArena) {
    count = Int64(floats.count)
    self.floats = UnsafePointer(arena.array(floats))
  }

  mutating func fill(ints: [Int64], _ arena: ForeignArena) {
    count = Int64(ints.count)
    self.ints = UnsafePointer(arena.array(ints))
  }

  mutating func fill(numbers: [Double], _ arena: ForeignArena) {
    count = Int64(numbers.count)
    self.numbers = UnsafePointer(arena.array(numbers))
  }

  mutating func fill(strings: [String], _ arena: ForeignArena) {
    count = Int64(strings.count)
    self.strings = UnsafePointer(arena.array(strings.map { arena.text($0) }))
  }

  /// A parameter of a preprocessing step.
  ///
  /// - Throws: `CallFailure.refused` for text that C cannot hold.
  static func parameter(
    _ name: String, _ value: StepParameter, _ arena: ForeignArena
  ) throws(CallFailure) -> AviaryAttribute {
    var texts = [name]
    if case .text(let text) = value { texts.append(text) }
    guard !texts.contains(where: { $0.utf8.contains(0) }) else {
      throw .refused(status: Int32(AVIARY_INVALID.rawValue), "parameter '\(name)' has a NUL character")
    }
    let kind =
      switch value {
      case .flag: AVIARY_FLAG
      case .number: AVIARY_NUMBER
      case .numbers: AVIARY_NUMBERS
      case .text: AVIARY_STRING
      }
    var result = named(name, kind: kind.rawValue, arena)
    switch value {
    case .flag(let flag): result.fill(ints: [flag ? 1 : 0], arena)
    case .number(let number): result.fill(numbers: [number], arena)
    case .numbers(let numbers): result.fill(numbers: numbers, arena)
    case .text(let text): result.fill(strings: [text], arena)
    }
    return result
  }
}
