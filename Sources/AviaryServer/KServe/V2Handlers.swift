import Aviary
import AviaryCore
import HTTPTypes
import Hummingbird

/// The KServe Open Inference Protocol, version 2, over HTTP.
struct V2Handlers: Sendable {
  let services: Services

  /// Every model has this one version.
  static let version = "1"

  func server() -> Response {
    var json = JSONWriter()
    json.object {
      $0.member("name", "aviary")
      $0.member("version", AviaryVersion.text)
      $0.member("extensions", ["binary_tensor_data"])
    }
    return .json(json)
  }

  func health(_ name: String, _ value: Bool) -> Response {
    var json = JSONWriter()
    json.object { $0.member(name, value) }
    return .json(json, status: value ? .ok : .serviceUnavailable)
  }

  func metadata(_ call: Call) throws -> Response {
    let model = try model(call)
    var json = JSONWriter()
    json.object { json in
      json.member("name", model.id)
      json.member("versions", [Self.version])
      json.member("platform", "onnx_aviary")
      json.key("inputs")
      Self.write(model.session.inputs, to: &json)
      json.key("outputs")
      Self.write(model.session.outputs, to: &json)
    }
    return .json(json)
  }

  private static func write(_ declarations: [Graph.Declaration], to json: inout JSONWriter) {
    json.array { json in
      for declaration in declarations {
        guard case .tensor(let type, let shape) = declaration.type else { continue }
        json.object { json in
          json.member("name", declaration.name)
          json.member("datatype", type.map(TensorType.name) ?? "FP32")
          json.key("shape")
          json.array { json in for extent in shape.dims ?? [] { json.value(extent.value ?? -1) } }
        }
      }
    }
  }

  func ready(_ call: Call) throws -> Response {
    let model = try model(call)
    var json = JSONWriter()
    json.object {
      $0.member("name", model.id)
      $0.member("ready", true)
    }
    return .json(json)
  }

  func infer(_ call: Call) async throws -> Response {
    let model = try model(call)
    let body = try await services.reader.read(call.request)
    let header = HTTPField.Name.inferenceHeaderLength.flatMap { call.request.headers[$0] }
    return try await services.run(since: call.start) {
      let request = try InferRequest(body.bytes, headerLength: header)
      let start = ContinuousClock.now
      let results = try model.session.run(request.inputs)
      services.metrics.ran(model: model.id, batch: 1, seconds: (ContinuousClock.now - start).seconds)
      let response = try InferResponse(
        model: model.id, request: request, results: results, order: model.session.outputs.map(\.name))
      return response.response
    }
  }

  private func model(_ call: Call) throws(HTTPFailure) -> ServedModel {
    let model = try services.models.model(call.parameters["model"] ?? "")
    if let version = call.parameters["version"], version != Self.version {
      throw HTTPFailure(
        .notFound, "'\(model.id)' has no version '\(version.prefix(40))', only \(Self.version)")
    }
    return model
  }
}
