import Aviary
import AviaryCore
import Foundation
import NIOCore
import Testing

@testable import AviaryServer

@Suite struct InferTests {
  static func request(_ json: String, binary: [UInt8]? = nil) throws -> InferRequest {
    var body = ByteBuffer(string: json)
    if let binary { body.writeBytes(binary) }
    return try InferRequest(body, headerLength: binary == nil ? nil : "\(json.utf8.count)")
  }

  static func tensor(_ type: String, _ data: String, shape: String = "[2]") throws -> Tensor {
    let request = try request(
      "{\"inputs\":[{\"name\":\"x\",\"shape\":\(shape),\"datatype\":\"\(type)\",\"data\":\(data)}]}")
    return try #require(request.inputs["x"])
  }

  @Test func everyTypeFromJSON() throws {
    #expect(try Self.tensor("BOOL", "[true,false]").array(of: Bool.self) == [true, false])
    #expect(try Self.tensor("UINT8", "[0,255]").array(of: UInt8.self) == [0, 255])
    #expect(try Self.tensor("UINT16", "[0,65535]").array(of: UInt16.self) == [0, 65535])
    #expect(try Self.tensor("UINT32", "[0,4294967295]").array(of: UInt32.self) == [0, .max])
    #expect(try Self.tensor("UINT64", "[0,18446744073709551615]").array(of: UInt64.self) == [0, .max])
    #expect(try Self.tensor("INT8", "[-128,127]").array(of: Int8.self) == [-128, 127])
    #expect(try Self.tensor("INT16", "[-32768,1]").array(of: Int16.self) == [-32768, 1])
    #expect(try Self.tensor("INT32", "[-2147483648,1.0]").array(of: Int32.self) == [.min, 1])
    #expect(
      try Self.tensor("INT64", "[-9223372036854775808,9007199254740993]").array(of: Int64.self)
        == [.min, 9_007_199_254_740_993])
    #expect(try Self.tensor("FP16", "[0.5,1]").array(of: Float16.self) == [0.5, 1])
    #expect(try Self.tensor("BF16", "[0.5,1]").array(of: BFloat16.self).map { Float($0) } == [0.5, 1])
    #expect(try Self.tensor("FP32", "[0.1,-1e3]").array(of: Float.self) == [0.1, -1000])
    #expect(try Self.tensor("FP64", "[0.1,-1e3]").array(of: Double.self) == [0.1, -1000])
    #expect(try Self.tensor("BYTES", "[\"a\",\"é\"]").strings() == ["a", "é"])
    #expect(try Self.tensor("INT32", "[[1,2],[3,4]]", shape: "[2,2]").array(of: Int32.self) == [1, 2, 3, 4])
    #expect(try Self.tensor("FP32", "[]", shape: "[0,3]").shape.dims == [0, 3])
  }

  @Test(arguments: [
    ("UINT8", "[0,256]", "[2]"), ("UINT8", "[0,-1]", "[2]"), ("INT32", "[0,0.5]", "[2]"),
    ("BOOL", "[0,1]", "[2]"), ("FP32", "[\"a\",1]", "[2]"), ("BYTES", "[1,2]", "[2]"), ("FP32", "[1]", "[2]"),
    ("FP32", "[1,2,3]", "[2]"), ("FP32", "[1,2]", "[-1]"), ("FP32", "[1,2]", "[0.5]"),
    ("FP32", "[1,2]", "\"2\""),
    ("FP32", "[1,2]", "[4611686018427387904,4611686018427387904]"), ("FP31", "[1,2]", "[2]"),
    ("FP32", "1", "[1]"),
    ("FP32", "[]", "[1099511627776]"),
  ])
  func refused(type: String, data: String, shape: String) {
    #expect(throws: HTTPFailure.self) { try Self.tensor(type, data, shape: shape) }
  }

  @Test(arguments: [
    "[]", "{}", "{\"inputs\":{}}", "{\"inputs\":[{}]}", "{\"inputs\":[1]}", "{\"inputs\":[],\"id\":1}",
    "{\"inputs\":[],\"outputs\":[{}]}", "{\"inputs\":[],\"outputs\":[{\"name\":\"a\"},{\"name\":\"a\"}]}",
    "{\"inputs\":[],\"parameters\":{\"binary_data_output\":1}}",
    "{\"inputs\":[],\"outputs\":[{\"name\":\"a\",\"parameters\":{\"classification\":2}}]}",
    "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\"}]}",
    "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":4}}]}",
  ])
  func requestsThatCannotBe(json: String) {
    #expect(throws: HTTPFailure.self) { try Self.request(json) }
  }

  @Test func bytesOfTensors() throws {
    let header = """
      {"id":"7","inputs":[{"name":"a","shape":[2],"datatype":"INT16","parameters":{"binary_data_size":4}},
      {"name":"s","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":11}}],
      "outputs":[{"name":"y","parameters":{"binary_data":true}},{"name":"z"}]}
      """
    let request = try Self.request(
      header, binary: [1, 0, 255, 255, 1, 0, 0, 0, 0x61, 2, 0, 0, 0, 0xC3, 0xA9])
    #expect(try request.inputs["a"]?.array(of: Int16.self) == [1, -1])
    #expect(try request.inputs["s"]?.strings() == ["a", "é"])
    #expect(request.outputs?.map(\.isBinary) == [true, false])
    #expect(request.id == "7")
  }

  @Test(arguments: [
    ("FP32", "[1]", 3, [1, 2, 3] as [UInt8]), ("FP32", "[1]", 8, [1, 2, 3, 4]),
    ("FP32", "[1]", -4, [1, 2, 3, 4]),
    ("FP32", "[1]", 4, [1, 2, 3, 4, 5]), ("BOOL", "[1]", 1, [2]), ("BYTES", "[1]", 4, [9, 0, 0, 0]),
    ("BYTES", "[2]", 4, [0, 0, 0, 0]), ("BYTES", "[1]", 5, [1, 0, 0, 0, 0xFF]),
    ("BYTES", "[1]", 4, [255, 255, 255, 255]),
  ])
  func bytesThatDoNotFit(type: String, shape: String, size: Int, bytes: [UInt8]) {
    #expect(throws: HTTPFailure.self) {
      try Self.request(
        """
        {"inputs":[{"name":"x","shape":\(shape),"datatype":"\(type)","parameters":{"binary_data_size":\(size)}}]}
        """, binary: bytes)
    }
  }

  @Test(arguments: ["-1", "x", "999"])
  func headerLengths(text: String) {
    #expect(throws: HTTPFailure.self) {
      try InferRequest(ByteBuffer(string: "{\"inputs\":[]}"), headerLength: text)
    }
  }

  @Test func answers() throws {
    let request = try Self.request(
      "{\"inputs\":[],\"outputs\":[{\"name\":\"y\",\"parameters\":{\"binary_data\":true}},{\"name\":\"z\"}]}")
    let results = ["y": try Tensor([Float(1), .nan]), "z": try Tensor(strings: ["é"], shape: Shape([1]))]
    let response = try InferResponse(model: "m", request: request, results: results, order: ["y", "z"])
      .response
    #expect(response.headers[.contentType] == "application/octet-stream")
    let all = try Self.request("{\"inputs\":[]}")
    // NaN is no JSON.
    #expect(throws: HTTPFailure.self) {
      try InferResponse(model: "m", request: all, results: results, order: ["y", "z"])
    }
    let unknown = try Self.request("{\"inputs\":[],\"outputs\":[{\"name\":\"q\"}]}")
    #expect(throws: HTTPFailure.self) {
      try InferResponse(model: "m", request: unknown, results: results, order: ["y", "z"])
    }
  }
}
