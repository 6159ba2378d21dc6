import Aviary
import AviaryCore
import NIOCore

/// What `POST /v2/models/{model}/infer` is asked: named tensors, and which outputs come back in which form.
struct InferRequest: Sendable {
  struct Output: Sendable {
    let name: String
    let isBinary: Bool
  }

  let id: String?
  let inputs: [String: Tensor]
  /// `nil`: all outputs of the model.
  let outputs: [Output]?
  /// The form of outputs that are not named.
  let binaryOutputs: Bool

  /// Takes a body apart.
  ///
  /// - Parameter headerLength: length of the JSON part where bytes of tensors follow it
  ///   (`Inference-Header-Content-Length`).
  /// - Throws: `HTTPFailure` 400.
  init(_ body: ByteBuffer, headerLength: String?) throws(HTTPFailure) {
    var body = body
    var json = body
    if let headerLength {
      guard let length = Int(headerLength), length >= 0, let head = body.readSlice(length: length) else {
        throw .badRequest(
          "Inference-Header-Content-Length is '\(headerLength.prefix(40))', the body has "
            + "\(body.readableBytes) bytes")
      }
      json = head
    } else {
      body.moveReaderIndex(to: body.writerIndex)
    }
    let node = try JSONNode.read(json)
    guard node.object != nil else { throw .badRequest("the JSON is \(node.kind), needs an object") }
    switch node["id"] {
    case nil, .null?: id = nil
    case .string(let text)?: id = text
    case let other?: throw .badRequest("'id' is \(other.kind), needs a string")
    }
    binaryOutputs = try Self.flag("binary_data_output", in: node["parameters"]) ?? false
    guard let list = node["inputs"]?.array else {
      throw .badRequest("'inputs' is missing: a list of tensors")
    }
    var inputs: [String: Tensor] = [:]
    for (index, entry) in list.enumerated() {
      let (name, tensor) = try InferTensor.read(entry, index: index, binary: &body)
      guard inputs.updateValue(tensor, forKey: name) == nil else {
        throw .badRequest("the input '\(name.prefix(80))' is there twice")
      }
    }
    guard body.readableBytes == 0 else {
      throw .badRequest("\(body.readableBytes) bytes of the body belong to no input")
    }
    self.inputs = inputs
    outputs = try Self.outputs(node["outputs"], binary: binaryOutputs)
  }

  private static func outputs(_ node: JSONNode?, binary: Bool) throws(HTTPFailure) -> [Output]? {
    guard let node, node != .null else { return nil }
    guard let list = node.array else { throw .badRequest("'outputs' is \(node.kind), needs a list") }
    guard !list.isEmpty else { return nil }
    var outputs: [Output] = []
    for entry in list {
      guard let name = entry["name"]?.string else { throw .badRequest("an output has no name") }
      let parameters = entry["parameters"]
      for other in ["classification", "shared_memory_region"] where parameters?[other] != nil {
        throw .badRequest("output '\(name.prefix(80))': '\(other)' is not supported")
      }
      guard !outputs.contains(where: { $0.name == name }) else {
        throw .badRequest("the output '\(name.prefix(80))' is asked for twice")
      }
      outputs.append(Output(name: name, isBinary: try flag("binary_data", in: parameters) ?? binary))
    }
    return outputs
  }

  private static func flag(_ name: String, in parameters: JSONNode?) throws(HTTPFailure) -> Bool? {
    guard let parameters, parameters != .null else { return nil }
    guard parameters.object != nil else {
      throw .badRequest("'parameters' is \(parameters.kind), needs an object")
    }
    guard let value = parameters[name] else { return nil }
    guard let flag = value.bool else { throw .badRequest("'\(name)' is \(value.kind), needs true or false") }
    return flag
  }
}
