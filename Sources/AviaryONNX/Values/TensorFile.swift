import AviaryCore
import CONNX
import Foundation

/// Files that hold one value: a `TensorProto`, `SequenceProto`, `OptionalProto` or `MapProto` (the `.pb`
/// files of ONNX test data). Such a file does not say which message it holds: the type that is expected
/// of the value does.
public enum TensorFile {
  /// Reads a value of the given type; `.unknown` is read as a tensor.
  ///
  /// - Throws: `ImportError` that names the file. Element type and shape of a tensor are what the file
  ///   says, not what `type` says.
  public static func read(
    path: String, as type: ValueType = .unknown, limits: Limits = .default
  ) throws(ImportError) -> Value {
    do {
      return try value(in: try ByteSource(path: path), folder: ModelFolder(of: path), type, limits)
    } catch {
      throw error.at(file: path)
    }
  }

  /// Reads a value from memory.
  ///
  /// - Throws: as `read(path:as:limits:)`.
  public static func read(
    bytes: some Collection<UInt8>, as type: ValueType = .unknown, name: String = "value",
    limits: Limits = .default
  ) throws(ImportError) -> Value {
    do {
      return try value(in: try ByteSource(copying: bytes, name: name), folder: nil, type, limits)
    } catch {
      throw error.at(file: name)
    }
  }

  /// Writes a value; `name` becomes the name in the message.
  ///
  /// - Throws: `ImportError` (`io`) where the file cannot be written.
  public static func write(_ value: Value, name: String = "", to path: String) throws(ImportError) {
    do {
      try Data(encode(value, name: name)).write(to: URL(fileURLWithPath: path))
    } catch {
      throw ImportError(.io, "cannot be written: \(error.localizedDescription)", file: path)
    }
  }

  /// The message that holds a value.
  public static func encode(_ value: Value, name: String = "") -> [UInt8] {
    var writer = ValueWriter()
    writer.write(value, name: name)
    return writer.wire.bytes
  }

  private static func value(
    in source: ByteSource, folder: ModelFolder?, _ type: ValueType, _ limits: Limits
  ) throws(ImportError) -> Value {
    let reader = ValueReader(tensors: TensorReader(source: source, folder: folder, limits: limits))
    switch type {
    case .tensor, .unknown:
      return try source.parse(.tensor, what: "a TensorProto", limits: limits)
        .withRoot(as: Onnx__TensorProto.self) { (proto) throws(ImportError) in
          .tensor(try reader.tensors.tensor(proto.pointee))
        }
    case .sequence(let element):
      return try source.parse(.sequence, what: "a SequenceProto", limits: limits)
        .withRoot(as: Onnx__SequenceProto.self) { (proto) throws(ImportError) in
          try reader.sequence(proto.pointee, of: element)
        }
    case .optional(let element):
      return try source.parse(.optional, what: "an OptionalProto", limits: limits)
        .withRoot(as: Onnx__OptionalProto.self) { (proto) throws(ImportError) in
          try reader.optional(proto.pointee, of: element)
        }
    case .map(_, let element):
      return try source.parse(.map, what: "a MapProto", limits: limits)
        .withRoot(as: Onnx__MapProto.self) { (proto) throws(ImportError) in
          try reader.map(proto.pointee, of: element)
        }
    case .sparseTensor:
      throw ImportError(.unsupported, "sparse tensors cannot be given as values")
    }
  }
}
