/// Where in a model something went wrong. Filled in from the inside out: an operator knows what, the
/// runtime knows which node, the reader knows which file.
public struct Place: Sendable, Equatable {
  public var file: String?
  public var node: String?
  public var operatorID: OperatorID?
  public var opset: Int?

  public init(file: String? = nil, node: String? = nil, operatorID: OperatorID? = nil, opset: Int? = nil) {
    self.file = file
    self.node = node
    self.operatorID = operatorID
    self.opset = opset
  }

  public init(_ node: Node) {
    self.init(node: node.label, operatorID: node.id, opset: node.opset)
  }

  /// `resnet.onnx: node 'layer1.0/Conv' (Conv, opset 17): `, with what is known.
  public var prefix: String {
    var text = file.map { "\($0): " } ?? ""
    if let node {
      let what = [operatorID?.description, opset.map { "opset \($0)" }].compactMap { $0 }
      text += "node '\(node)'" + (what.isEmpty ? "" : " (\(what.joined(separator: ", ")))") + ": "
    }
    return text
  }
}

/// An operator of a model that no registered operator covers.
public struct UnsupportedOperator: Sendable, Equatable {
  public let id: OperatorID
  public let opset: Int
  public let nodes: [String]

  public init(id: OperatorID, opset: Int, nodes: [String]) {
    self.id = id
    self.opset = opset
    self.nodes = nodes
  }
}

/// Why a model could not be loaded.
public struct ImportError: Error, Sendable {
  public enum Kind: Sendable {
    /// The file cannot be read at all.
    case io
    /// The bytes are not an ONNX model, or a broken one.
    case malformed
    /// The model breaks a rule of the ONNX IR.
    case invalidGraph
    /// An attribute is missing, of the wrong type or out of range.
    case invalidAttribute
    /// External data is missing, too short, or lies where it may not.
    case externalData
    /// A limit (`Limits`) was reached.
    case limit
    /// Something this runtime does not do; for operators see `unsupportedOperators`.
    case unsupported
    /// All operators of the model that are not supported.
    case unsupportedOperators([UnsupportedOperator])
  }

  public var kind: Kind
  public var message: String
  public var place: Place

  public init(_ kind: Kind, _ message: String, node: Node? = nil, file: String? = nil) {
    self.kind = kind
    self.message = message
    self.place = node.map { Place($0) } ?? Place()
    self.place.file = file
  }

  /// The same error with the file, and the node where the error does not name one yet.
  public func at(file: String? = nil, node: Node? = nil) -> ImportError {
    var error = self
    if error.place.file == nil { error.place.file = file }
    if let node, error.place.node == nil {
      let known = error.place.file
      error.place = Place(node)
      error.place.file = known
    }
    return error
  }

  /// Whether the model is fine but needs something this runtime lacks (exit status 3 of the command).
  public var isUnsupported: Bool {
    switch kind {
    case .unsupported, .unsupportedOperators: true
    default: false
    }
  }
}

extension ImportError: CustomStringConvertible {
  public var description: String { place.prefix + message }
}

/// Why an operator refused its inputs. The runtime adds the node (`RunError`).
public struct OperatorError: Error, Sendable {
  public enum Kind: Sendable { case invalid, unsupported, resource }
  public let kind: Kind
  public let message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// Inputs or attributes that cannot be: wrong rank, type, size or value.
  public static func invalid(_ message: String) -> OperatorError { OperatorError(.invalid, message) }
  /// A combination that the specification allows and this operator does not do.
  public static func unsupported(_ message: String) -> OperatorError { OperatorError(.unsupported, message) }
  /// Memory or another budget.
  public static func resource(_ message: String) -> OperatorError { OperatorError(.resource, message) }
  /// An input that must be there is not (`index` counts from 0).
  public static func missingInput(_ index: Int) -> OperatorError { .invalid("input \(index) is missing") }
  /// An element type the specification does not allow here.
  public static func type(_ found: ElementType, input index: Int) -> OperatorError {
    .invalid("input \(index) has element type \(found.name), which this operator does not take")
  }
  /// A rank the operator does not take.
  public static func rank(_ found: Int, input index: Int, needs: String) -> OperatorError {
    .invalid("input \(index) has rank \(found), needs \(needs)")
  }

  public init(_ error: TensorError) {
    switch error {
    case .overBudget, .outOfMemory: self.init(.resource, error.description)
    default: self.init(.invalid, error.description)
    }
  }
}

extension OperatorError: CustomStringConvertible {
  public var description: String { message }
}

/// Why a run (or the planning for an input shape) failed, with the place.
public struct RunError: Error, Sendable {
  public enum Kind: Sendable { case invalidInput, invalid, unsupported, resource, cancelled }
  public let kind: Kind
  public let message: String
  public var place: Place

  public init(_ kind: Kind, _ message: String, place: Place = Place()) {
    self.kind = kind
    self.message = message
    self.place = place
  }

  public init(_ error: OperatorError, place: Place) {
    switch error.kind {
    case .invalid: self.init(.invalid, error.message, place: place)
    case .unsupported: self.init(.unsupported, error.message, place: place)
    case .resource: self.init(.resource, error.message, place: place)
    }
  }
}

extension RunError: CustomStringConvertible {
  public var description: String { place.prefix + message }
}
