/// The attributes of a node while its operator decodes them.
///
/// Every read is remembered; what nobody read is reported (`unread`): an error in tests and a warning in
/// `inspect`, because an ignored attribute is the commonest way to compute something else than the model
/// means. Each getter throws `ImportError` (`invalidAttribute`) where the attribute has another type.
public struct Attributes: Sendable {
  private let values: [String: AttributeValue]
  private var read: Set<String> = []

  public init(_ values: [String: AttributeValue]) { self.values = values }

  /// Attributes that no getter has asked for, sorted.
  public var unread: [String] { values.keys.filter { !read.contains($0) }.sorted() }

  /// Whether the node has the attribute; does not count as reading it.
  public func contains(_ name: String) -> Bool { values[name] != nil }

  /// Marks an attribute as known although it has no effect here (training flags, layout hints).
  public mutating func ignore(_ name: String) { read.insert(name) }

  /// The attribute as it stands, whatever its type.
  public mutating func value(_ name: String) -> AttributeValue? {
    read.insert(name)
    return values[name]
  }

  public mutating func int(_ name: String) throws(ImportError) -> Int? {
    guard let value = value(name) else { return nil }
    guard case .int(let int) = value else { throw wrongType(name, "an integer") }
    return Int(int)
  }

  public mutating func int(_ name: String, default fallback: Int) throws(ImportError) -> Int {
    try int(name) ?? fallback
  }

  /// An integer used as a flag: anything but 0 is true.
  public mutating func bool(_ name: String, default fallback: Bool) throws(ImportError) -> Bool {
    try int(name).map { $0 != 0 } ?? fallback
  }

  public mutating func float(_ name: String) throws(ImportError) -> Float? {
    guard let value = value(name) else { return nil }
    guard case .float(let float) = value else { throw wrongType(name, "a float") }
    return float
  }

  public mutating func float(_ name: String, default fallback: Float) throws(ImportError) -> Float {
    try float(name) ?? fallback
  }

  public mutating func string(_ name: String) throws(ImportError) -> String? {
    guard let value = value(name) else { return nil }
    guard case .string(let string) = value else { throw wrongType(name, "a string") }
    return string
  }

  public mutating func string(_ name: String, default fallback: String) throws(ImportError) -> String {
    try string(name) ?? fallback
  }

  /// A string among `allowed` values.
  public mutating func string(
    _ name: String, default fallback: String, among allowed: [String]
  ) throws(ImportError) -> String {
    let string = try string(name, default: fallback)
    guard allowed.contains(string) else {
      let list = allowed.joined(separator: ", ")
      throw ImportError(.invalidAttribute, "attribute '\(name)' is '\(string)', must be one of \(list)")
    }
    return string
  }

  public mutating func ints(_ name: String) throws(ImportError) -> [Int]? {
    guard let value = value(name) else { return nil }
    switch value {
    case .ints(let ints): return ints.map { Int($0) }
    // An empty list has no type of its own on the wire.
    case .floats(let floats) where floats.isEmpty: return []
    default: throw wrongType(name, "a list of integers")
    }
  }

  public mutating func floats(_ name: String) throws(ImportError) -> [Float]? {
    guard let value = value(name) else { return nil }
    switch value {
    case .floats(let floats): return floats
    case .ints(let ints) where ints.isEmpty: return []
    default: throw wrongType(name, "a list of floats")
    }
  }

  public mutating func strings(_ name: String) throws(ImportError) -> [String]? {
    guard let value = value(name) else { return nil }
    switch value {
    case .strings(let strings): return strings
    case .ints(let ints) where ints.isEmpty: return []
    default: throw wrongType(name, "a list of strings")
    }
  }

  public mutating func tensor(_ name: String) throws(ImportError) -> Tensor? {
    guard let value = value(name) else { return nil }
    guard case .tensor(let tensor) = value else { throw wrongType(name, "a tensor") }
    return tensor
  }

  public mutating func graph(_ name: String) throws(ImportError) -> Graph? {
    guard let value = value(name) else { return nil }
    guard case .graph(let graph) = value else { throw wrongType(name, "a graph") }
    return graph
  }

  /// An element type given by its enum number (Cast's `to`, `dtype`, `stash_type`).
  public mutating func elementType(_ name: String) throws(ImportError) -> ElementType? {
    guard let number = try int(name) else { return nil }
    guard let raw = Int32(exactly: number), let type = ElementType(rawValue: raw) else {
      throw ImportError(.invalidAttribute, "attribute '\(name)' is \(number), which is no element type")
    }
    return type
  }

  /// The value of a getter that returned `nil`, as an error: `try attributes.int("to").required("to")`.
  private func wrongType(_ name: String, _ expected: String) -> ImportError {
    ImportError(.invalidAttribute, "attribute '\(name)' must be \(expected)")
  }
}

extension Optional {
  /// The attribute's value, or `ImportError` (`invalidAttribute`) where the node does not have it.
  public func required(_ name: String) throws(ImportError) -> Wrapped {
    guard let self else { throw ImportError(.invalidAttribute, "attribute '\(name)' is missing") }
    return self
  }
}
