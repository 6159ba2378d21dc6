import Aviary
import AviaryCore
import HTTPTypes
import Hummingbird
import NIOCore

extension HTTPField.Name {
  /// Length of the JSON part where bytes of tensors follow it (binary tensor data extension).
  static var inferenceHeaderLength: HTTPField.Name? { HTTPField.Name("Inference-Header-Content-Length") }
}

/// Writes the outputs of a run.
struct InferResponse {
  private var json = JSONWriter()
  private var binary = ByteBuffer()

  /// - Throws: `HTTPFailure` 400 for outputs that the model does not have or that JSON cannot hold.
  init(
    model: String, request: InferRequest, results: [String: Tensor], order: [String]
  ) throws(HTTPFailure) {
    let wanted =
      request.outputs ?? order.map { InferRequest.Output(name: $0, isBinary: request.binaryOutputs) }
    var failure: HTTPFailure?
    var binary = ByteBuffer()
    json.object { json in
      json.member("model_name", model)
      json.member("model_version", V2Handlers.version)
      json.member(ifPresent: "id", request.id)
      json.key("outputs")
      json.array { json in
        for output in wanted {
          guard let tensor = results[output.name] else {
            failure = .badRequest(
              "the model has no output '\(output.name.prefix(80))'; it has \(order.joined(separator: ", "))")
            return
          }
          do throws(HTTPFailure) {
            try Self.write(tensor, output, to: &json, &binary)
          } catch {
            failure = error
          }
        }
      }
    }
    if let failure { throw failure }
    self.binary = binary
  }

  var response: Response {
    guard binary.readableBytes > 0 else { return .json(json) }
    var headers: HTTPFields = [.contentType: "application/octet-stream"]
    if let name = HTTPField.Name.inferenceHeaderLength { headers[name] = "\(json.buffer.readableBytes)" }
    var body = json.buffer
    body.writeImmutableBuffer(binary)
    return Response(status: .ok, headers: headers, body: .init(byteBuffer: body))
  }

  private static func write(
    _ tensor: Tensor, _ output: InferRequest.Output, to json: inout JSONWriter, _ binary: inout ByteBuffer
  ) throws(HTTPFailure) {
    var failure: HTTPFailure?
    json.object { json in
      json.member("name", output.name)
      json.member("datatype", TensorType.name(tensor.elementType))
      json.key("shape")
      json.array { for extent in tensor.shape.dims { $0.value(extent) } }
      if output.isBinary {
        let start = binary.writerIndex
        append(tensor, to: &binary)
        let size = binary.writerIndex - start
        json.key("parameters")
        json.object { $0.member("binary_data_size", size) }
      } else {
        json.key("data")
        do throws(HTTPFailure) { try elements(tensor, output.name, to: &json) } catch { failure = error }
      }
    }
    if let failure { throw failure }
  }

  private static func append(_ tensor: Tensor, to binary: inout ByteBuffer) {
    if let strings = try? tensor.strings() {
      for text in strings {
        binary.writeInteger(UInt32(clamping: text.utf8.count), endianness: .little)
        binary.writeString(text)
      }
    } else {
      tensor.withBytes { _ = binary.writeBytes($0) }
    }
  }

  private static func elements(
    _ tensor: Tensor, _ name: String, to json: inout JSONWriter
  ) throws(HTTPFailure) {
    func write<T: Element>(_: T.Type, _ value: (inout JSONWriter, T) -> Void) throws {
      let elements = try tensor.array(of: T.self)
      json.array { json in for element in elements { value(&json, element) } }
    }
    func integers<T: Element & FixedWidthInteger>(_: T.Type) throws {
      try write(T.self) { $0.plain("\($1)") }
    }
    func reals<T: Element & BinaryFloatingPoint>(_: T.Type) throws {
      guard try tensor.array(of: T.self).allSatisfy(\.isFinite) else { throw notFinite(name) }
      try write(T.self) { $0.plain("\($1)") }
    }
    do {
      switch tensor.elementType {
      case .bool: try write(Bool.self) { $0.value($1) }
      case .uint8: try integers(UInt8.self)
      case .uint16: try integers(UInt16.self)
      case .uint32: try integers(UInt32.self)
      case .uint64: try integers(UInt64.self)
      case .int8: try integers(Int8.self)
      case .int16: try integers(Int16.self)
      case .int32: try integers(Int32.self)
      case .int64: try integers(Int64.self)
      case .float: try reals(Float.self)
      case .double: try reals(Double.self)
      case .float16: try reals(Float16.self)
      case .bfloat16:
        guard try tensor.array(of: BFloat16.self).allSatisfy({ Float($0).isFinite }) else {
          throw notFinite(name)
        }
        try write(BFloat16.self) { $0.value(Float($1)) }
      case .string:
        let strings = try tensor.strings()
        json.array { for text in strings { $0.value(text) } }
      default:
        throw HTTPFailure.badRequest(
          "output '\(name)' is \(tensor.elementType.name), which JSON does not hold; ask for binary_data")
      }
    } catch {
      throw error as? HTTPFailure ?? .badRequest("output '\(name)': \(error)")
    }
  }

  private static func notFinite(_ name: String) -> HTTPFailure {
    .badRequest("output '\(name)' holds NaN or infinity, which JSON does not hold; ask for binary_data")
  }
}
