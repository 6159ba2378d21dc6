import AviaryEvaluation
import Foundation

/// Numbers as bytes, little-endian on every machine.
enum Blob {
  static func data(_ values: [Int]) throws(StoreError) -> Data {
    var data = Data(capacity: values.count * 4)
    for value in values {
      guard let value = Int32(exactly: value) else {
        throw .merge("a number of \(value) samples or labels is more than the store holds")
      }
      withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
    }
    return data
  }

  static func data(_ rows: [[Float]]) -> Data {
    var data = Data(capacity: rows.count * (rows.first?.count ?? 0) * 4)
    for value in rows.joined() {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
    }
    return data
  }

  private static func words(_ data: Data) -> [UInt32]? {
    guard data.count.isMultiple(of: 4) else { return nil }
    return data.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self))
      }
    }
  }

  static func integers(_ data: Data) -> [Int]? { words(data)?.map { Int(Int32(bitPattern: $0)) } }

  /// - Returns: `nil` where the bytes are not `count` rows of `columns` floats.
  static func rows(_ data: Data, count: Int, columns: Int) -> [[Float]]? {
    let (size, overflow) = count.multipliedReportingOverflow(by: columns)
    guard !overflow, columns >= 0, let values = words(data), values.count == size else { return nil }
    return (0..<count).map { row in
      values[row * columns..<(row + 1) * columns].map(Float.init(bitPattern:))
    }
  }
}

/// Values as JSON text with sorted keys.
enum JSONColumn {
  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func value<T: Decodable>(_ text: String, as type: T.Type = T.self) throws -> T {
    try JSONDecoder().decode(type, from: Data(text.utf8))
  }
}
