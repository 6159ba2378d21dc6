import Foundation
import Hummingbird
import NIOCore

/// What `POST /v1/predict` is asked.
struct PredictRequest: Sendable {
  var image: ByteBuffer
  /// `nil`: the default model. Never empty.
  var models: [String]?
  var detector: String?
  /// Classes of an answer; `nil`: all.
  var top: Int?
  /// The room that the picture takes.
  var share: BodyBudget.Share

  static let parameters = ["models", "detector", "top"]

  /// Reads a request in any of its forms. What the body says goes before what the query says.
  ///
  /// - Throws: `HTTPFailure`.
  static func read(_ request: Request, _ reader: BodyReader) async throws(HTTPFailure) -> PredictRequest {
    let query = try Query(request.uri.query, known: parameters)
    let text = request.headers[.contentType] ?? "application/octet-stream"
    guard let type = HeaderValue(text) else {
      throw HTTPFailure(.unsupportedMediaType, "the Content-Type cannot be read", closes: true)
    }
    var result: PredictRequest
    switch type.name {
    case "multipart/form-data": result = try await form(request, reader, type)
    case "application/json": result = try await json(request, reader)
    case "application/octet-stream", "application/x-www-form-urlencoded", "binary/octet-stream":
      // curl's --data-binary calls everything a form; the picture's first bytes tell.
      result = try await raw(request, reader)
    case let name where name.hasPrefix("image/"): result = try await raw(request, reader)
    default:
      throw HTTPFailure(
        .unsupportedMediaType,
        "the Content-Type '\(type.name.prefix(80))' is not read; send an image, multipart/form-data with the "
          + "field 'image', or application/json", closes: true)
    }
    guard result.image.readableBytes > 0 else { throw .badRequest("the picture is empty") }
    for (name, value) in query.values { try result.set(name, value, overriding: false) }
    return result
  }

  private static func raw(_ request: Request, _ reader: BodyReader) async throws(HTTPFailure) -> Self {
    let body = try await reader.read(request)
    return PredictRequest(image: body.bytes, share: body.share)
  }

  private static func form(
    _ request: Request, _ reader: BodyReader, _ type: HeaderValue
  ) async throws(HTTPFailure) -> Self {
    var form: MultipartForm
    do throws(MultipartError) { form = try MultipartForm(type) } catch {
      throw HTTPFailure(.badRequest, error.description, closes: true)
    }
    let share = try await reader.read(request) { chunk in
      let result = chunk.withUnsafeReadableBytes { bytes -> MultipartError? in
        do throws(MultipartError) { try form.feed(bytes) } catch { return error }
        return nil
      }
      if let result { throw result }
    }
    do throws(MultipartError) { try form.finish() } catch { throw .badRequest(error.description) }
    guard let image = form.image else {
      throw .badRequest("the form has no field 'image'; send it as curl -F image=@photo.jpg does")
    }
    var result = PredictRequest(image: image, share: share)
    for (name, value) in form.fields {
      guard parameters.contains(name) else { throw Query.unknown(name, known: ["image"] + parameters) }
      try result.set(name, value, overriding: true)
    }
    return result
  }

  private static func json(_ request: Request, _ reader: BodyReader) async throws(HTTPFailure) -> Self {
    let body = try await reader.read(request)
    let node = try JSONNode.read(body.bytes)
    guard let members = node.object else { throw .badRequest("the JSON is \(node.kind), needs an object") }
    guard let base64 = members["image"]?.string else {
      throw .badRequest("the JSON has no 'image': the picture in base64")
    }
    guard let image = Base64.bytes(base64) else { throw .badRequest("'image' is not valid base64") }
    var result = PredictRequest(image: image, share: body.share)
    for (name, value) in members where name != "image" {
      switch (name, value) {
      case ("models", .string(let text)), ("detector", .string(let text)):
        try result.set(name, text, overriding: true)
      case ("models", .array(let list)):
        let names = list.compactMap(\.string)
        guard names.count == list.count else { throw .badRequest("'models' lists something else than ids") }
        guard !names.isEmpty else { throw .badRequest("'models' is empty; leave it out for the default") }
        result.models = names
      case ("top", let number):
        guard let top = number.integer else { throw .badRequest("'top' is \(value.kind), needs a number") }
        try result.set(name, "\(top)", overriding: true)
      case ("models", _): throw .badRequest("'models' is \(value.kind), needs a list of ids")
      case ("detector", _): throw .badRequest("'detector' is \(value.kind), needs a name")
      default: throw Query.unknown(name, known: ["image"] + parameters)
      }
    }
    return result
  }

  private mutating func set(_ name: String, _ value: String, overriding: Bool) throws(HTTPFailure) {
    switch name {
    case "models":
      let names = value.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty }
      guard !names.isEmpty else { throw .badRequest("'models' is empty; leave it out for the default") }
      if overriding || models == nil { models = names }
    case "detector":
      guard !value.isEmpty else { throw .badRequest("'detector' is empty; leave it out for the default") }
      if overriding || detector == nil { detector = value }
    default:
      guard let number = Int(value), (1...1000).contains(number) else {
        throw .badRequest("'top' is '\(value.prefix(40))', needs a number from 1 to 1000")
      }
      if overriding || top == nil { top = number }
    }
  }
}

extension JSONNode {
  /// - Throws: `HTTPFailure` 400.
  static func read(_ buffer: ByteBuffer) throws(HTTPFailure) -> JSONNode {
    let result = buffer.withUnsafeReadableBytes { bytes -> Result<JSONNode, JSONReader.Problem> in
      do throws(JSONReader.Problem) { return .success(try JSONReader.read(bytes)) } catch {
        return .failure(error)
      }
    }
    switch result {
    case .success(let node): return node
    case .failure(let problem): throw .badRequest(problem.description)
    }
  }
}

enum Base64 {
  /// The bytes of a picture in base64, with or without the beginning of a `data:` address and line breaks.
  static func bytes(_ text: String) -> ByteBuffer? {
    var text = Substring(text)
    if text.hasPrefix("data:") {
      guard let comma = text.prefix(200).firstIndex(of: ",") else { return nil }
      guard text[..<comma].hasSuffix(";base64") else { return nil }
      text = text[text.index(after: comma)...]
    }
    let hasBreaks = text.utf8.contains { $0 == 0x0A || $0 == 0x0D }
    let clean = hasBreaks ? text.filter { $0 != "\n" && $0 != "\r" && $0 != "\r\n" } : String(text)
    return Data(base64Encoded: clean).map { ByteBuffer(bytes: $0) }
  }
}
