import AviaryCore
import Foundation
import Testing

@testable import AviaryONNX

/// Every way in which a tensor's elements can be written.
@Suite struct TensorTests {
  @Test func readsEveryElementTypeRawAndTyped() throws {
    let expected = try Fixtures.expected().encodings
    let found = try ONNXModel.read(path: Fixtures.path("encodings")).graph.initializers
    #expect(found.count == expected.count)
    for (name, entry) in expected {
      let tensor = try #require(found[name], "\(name)")
      #expect(Fixtures.describe(tensor) == entry, "\(name)")
    }
    // The list above is complete.
    let types = Set(expected.values.map(\.type))
    #expect(types == Set(ElementType.allCases.map(\.name)))
  }

  @Test func borrowsWhatIsAlignedAndCopiesTheRest() throws {
    // The same tensor at every distance from a multiple of eight.
    var borrowed = 0
    for padding in 0..<8 {
      let tensor = Message.tensor("w", dims: [2]) {
        $0.append(12, text: String(repeating: "x", count: padding))
        $0.append(9, bytes: [0, 0, 128, 63, 0, 0, 0, 64])
      }
      try withTemporaryFolder { folder in
        let path = folder.appendingPathComponent("m.onnx").path
        try Data(Message.model(initializer: tensor).bytes).write(to: URL(fileURLWithPath: path))
        let found = try #require(try ONNXModel.read(path: path).graph.initializers["w"])
        #expect(try found.array(of: Float.self) == [1, 2])
        #expect(UInt(bitPattern: try #require(found.address)) % 4 == 0)
        if case .bytes(let buffer, _) = found.storage, buffer.isBorrowed { borrowed += 1 }
      }
    }
    // Each padding moves the elements by one byte: two of eight places suit a float.
    #expect(borrowed == 2)
  }

  /// A packed field may be split, and a packed field may be written unpacked.
  @Test func readsTypedFieldsPackedUnpackedAndSplit() throws {
    let one = withUnsafeBytes(of: Float(1).bitPattern.littleEndian) { Array($0) }
    let two = withUnsafeBytes(of: Float(2).bitPattern.littleEndian) { Array($0) }
    let cases: [(Message, [Float])] = [
      (.tensor("w", dims: [2]) { $0.append(4, bytes: one + two) }, [1, 2]),
      (.tensor("w", dims: [2]) { $0.append(4, bytes: one); $0.append(4, bytes: two) }, [1, 2]),
      (
        .tensor("w", dims: [3]) {
          $0.append(4, .fixed32, encoded: one)
          $0.append(4, bytes: two + one)
        }, [1, 2, 1]
      ),
    ]
    for (tensor, expected) in cases {
      let model = try ONNXModel.read(bytes: Message.model(initializer: tensor).bytes)
      #expect(try model.graph.initializers["w"]?.array(of: Float.self) == expected)
    }
    let ints = Message.tensor("w", type: 7, dims: [4]) {
      $0.append(7, int: -1)
      $0.append(7, bytes: [1, 0x80, 1])
      $0.append(7, int: .min)
    }
    let model = try ONNXModel.read(bytes: Message.model(initializer: ints).bytes)
    #expect(try model.graph.initializers["w"]?.array(of: Int64.self) == [-1, 1, 128, .min])
  }

  @Test func readsAnyNonZeroByteOfABoolAsTrue() throws {
    let tensor = Message.tensor("w", type: 9, dims: [4]) { $0.append(9, bytes: [0, 1, 2, 255]) }
    let model = try ONNXModel.read(bytes: Message.model(initializer: tensor).bytes)
    #expect(try model.graph.initializers["w"]?.array(of: Bool.self) == [false, true, true, true])
  }

  struct Bad: Sendable, CustomTestStringConvertible {
    let what: String
    let tensor: Message
    let says: String
    var testDescription: String { what }
  }

  static let bad: [Bad] = [
    Bad(what: "no type", tensor: .tensor("w", type: 0, dims: [1]), says: "no element type"),
    Bad(what: "type 99", tensor: .tensor("w", type: 99, dims: [1]), says: "element type 99"),
    Bad(what: "no elements", tensor: .tensor("w", dims: [2, 2]), says: "has no elements"),
    Bad(what: "negative", tensor: .tensor("w", dims: [2, -3]), says: "extent -3 is negative"),
    Bad(
      what: "overflow", tensor: .tensor("w", dims: [1 << 40, 1 << 40]), says: "elements overflows"),
    Bad(
      what: "bytes overflow",
      tensor: .tensor("w", dims: [1 << 62]) { $0.append(9, bytes: [0]) }, says: "bytes overflows"),
    Bad(
      what: "short raw", tensor: .tensor("w", dims: [2]) { $0.append(9, bytes: [1, 2, 3, 4, 5, 6, 7]) },
      says: "holds 7 bytes, needs 8"),
    Bad(
      what: "long raw", tensor: .tensor("w", dims: [1]) { $0.append(9, bytes: [1, 2, 3, 4, 5]) },
      says: "holds 5 bytes, needs 4"),
    Bad(
      what: "two places",
      tensor: .tensor("w", dims: [1]) {
        $0.append(9, bytes: [0, 0, 0, 0])
        $0.append(4, bytes: [0, 0, 0, 0])
      }, says: "float_data and raw_data"),
    Bad(
      what: "wrong field", tensor: .tensor("w", type: 7, dims: [1]) { $0.append(5, int: 1) },
      says: "elements of type int64 in int32_data"),
    Bad(
      what: "torn float", tensor: .tensor("w", dims: [1]) { $0.append(4, bytes: [0, 0, 0]) },
      says: "float_data ends within a number"),
    Bad(
      what: "torn varint", tensor: .tensor("w", type: 7, dims: [1]) { $0.append(7, bytes: [0x80]) },
      says: "ends within a number"),
    Bad(
      what: "long varint",
      tensor: .tensor("w", type: 7, dims: [1]) {
        $0.append(7, bytes: [UInt8](repeating: 0xFF, count: 10) + [1])
      }, says: "more than 64 bits"),
    Bad(
      what: "count", tensor: .tensor("w", type: 7, dims: [3]) { $0.append(7, bytes: [1, 2]) },
      says: "has 2 numbers in int64_data"),
    Bad(
      what: "out of range", tensor: .tensor("w", type: 3, dims: [1]) { $0.append(5, int: 300) },
      says: "element 0 is 300, which is no int8"),
    Bad(
      what: "string count", tensor: .tensor("w", type: 8, dims: [2]) { $0.append(6, text: "a") },
      says: "has 1 strings"),
    Bad(
      what: "string encoding", tensor: .tensor("w", type: 8, dims: [1]) { $0.append(6, bytes: [0xFF]) },
      says: "is not UTF-8"),
    Bad(
      what: "raw strings", tensor: .tensor("w", type: 8, dims: [1]) { $0.append(9, bytes: [65]) },
      says: "elements of type string in raw_data"),
    Bad(
      what: "segment",
      tensor: .tensor("w", dims: [1]) { $0.append(3, message: Message { $0.append(1, int: 0) }) },
      says: "segments"),
  ]

  @Test(arguments: bad) func refuses(_ bad: Bad) {
    let error = importError(Message.model(initializer: bad.tensor).bytes)
    #expect(error?.contains(bad.says) == true, "\(error ?? "no error")")
    #expect(error?.hasPrefix("m.onnx: ") == true)
  }

  @Test func refusesATensorBeyondTheBudgetBeforeAllocating() {
    var limits = Limits()
    limits.tensorBytes = 100
    let tensor = Message.tensor("w", type: 7, dims: [50]) {
      $0.append(7, bytes: [UInt8](repeating: 1, count: 50))
    }
    let error = importError(Message.model(initializer: tensor).bytes, limits: limits)
    #expect(error?.contains("needs 400 bytes, the limit is 100") == true, "\(error ?? "no error")")
  }

  @Test func makesSparseInitializersDense() throws {
    let expected = try Fixtures.expected().sparse
    let found = try ONNXModel.read(path: Fixtures.path("sparse")).graph.initializers
    #expect(found.mapValues(Fixtures.describe) == expected)
  }

  static let badSparse: [(indices: [Int64], dims: [Int64], says: String)] = [
    ([0, 6], [2, 3], "index 6 outside its shape 2x3"), ([0, -1], [2, 3], "index -1 outside"),
    ([0], [2, 3], "has indices of shape 1 for 2 values"), ([0, 1], [-2, 3], "extent -2 is negative"),
    ([0, 1], [1 << 40], "limit"),
  ]

  @Test(arguments: badSparse)
  func refusesSparse(_ bad: (indices: [Int64], dims: [Int64], says: String)) {
    let sparse = Message {
      let values = Message.tensor("w", dims: [2]) { $0.append(9, bytes: [UInt8](repeating: 1, count: 8)) }
      let indices = Message.tensor("", type: 7, dims: [Int64(bad.indices.count)]) {
        for index in bad.indices { $0.append(7, int: index) }
      }
      $0.append(1, message: values)
      $0.append(2, message: indices)
      for dim in bad.dims { $0.append(3, int: dim) }
    }
    let error = importError(Message.model { $0.append(15, message: sparse) }.bytes)
    #expect(error?.contains(bad.says) == true, "\(error ?? "no error")")
  }
}
