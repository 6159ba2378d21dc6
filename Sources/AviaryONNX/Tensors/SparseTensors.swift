import AviaryCore
import CONNX

extension TensorReader {
  /// - Throws: `ImportError` (`malformed`) where the parts do not fit together.
  func sparse(_ proto: Onnx__SparseTensorProto) throws(ImportError) -> SparseTensor {
    guard let values = proto.values?.pointee else {
      throw ImportError(.malformed, "a sparse tensor has no values")
    }
    let name = text(values.name)
    func refuse(_ why: String) -> ImportError {
      ImportError(.malformed, "sparse tensor '\(name)' \(why)")
    }
    guard let indices = proto.indices?.pointee else { throw refuse("has no indices") }
    let shape: Shape
    do {
      shape = try Shape(dims(proto.n_dims, proto.dims))
    } catch {
      throw refuse("cannot be: \(error)")
    }
    let sparse = SparseTensor(
      values: try tensor(values), indices: try tensor(indices), shape: shape)
    let count = sparse.values.count
    guard sparse.values.shape.rank == 1 else { throw refuse("has values of rank \(sparse.values.shape.rank)") }
    guard sparse.indices.elementType == .int64 else {
      throw refuse("has indices of type \(sparse.indices.elementType.name), needs int64")
    }
    let allowed = [[count], [count, shape.rank]]
    guard allowed.contains(sparse.indices.shape.dims) else {
      throw refuse("has indices of shape \(sparse.indices.shape) for \(count) values of rank \(shape.rank)")
    }
    return sparse
  }

  /// The dense tensor: zeros (empty strings) but for the given values.
  func dense(_ sparse: SparseTensor, name: String) throws(ImportError) -> Tensor {
    do {
      let positions = try positions(sparse)
      let type = sparse.values.elementType
      if type == .string {
        // A string takes 16 bytes before its first character.
        _ = try allocate(sparse.shape.count.multipliedSaturating(by: 16))
        var strings = [String](repeating: "", count: sparse.shape.count)
        for (position, string) in zip(positions, try sparse.values.strings()) {
          strings[position] = string
        }
        return try Tensor(strings: strings, shape: sparse.shape)
      }
      let buffer = try allocate(type.byteCount(of: sparse.shape.count) ?? .max)
      let target = UnsafeMutableRawBufferPointer(start: buffer.base, count: buffer.byteCount)
      target.initializeMemory(as: UInt8.self, repeating: 0)
      sparse.values.withBytes { source in
        for (index, position) in positions.enumerated() {
          copyElement(index, of: source, to: position, of: target, bits: type.bitWidth)
        }
      }
      return try Tensor(elementType: type, shape: sparse.shape, buffer: buffer)
    } catch let error as ImportError {
      throw error
    } catch let error as TensorError {
      throw ImportError(error.kind, "sparse tensor '\(name)': \(error)")
    } catch {
      throw ImportError(.malformed, "sparse tensor '\(name)': \(error)")
    }
  }

  /// Row-major positions of the values.
  private func positions(_ sparse: SparseTensor) throws -> [Int] {
    let indices = try sparse.indices.integers()
    let shape = sparse.shape
    func refuse(_ index: Int) -> ImportError {
      ImportError(.malformed, "a sparse tensor has index \(index) outside its shape \(shape)")
    }
    if sparse.indices.shape.rank == 1 {
      for index in indices where index < 0 || index >= shape.count { throw refuse(index) }
      return indices
    }
    let strides = shape.strides
    return try (0..<sparse.values.count).map { row in
      var position = 0
      for axis in 0..<shape.rank {
        let index = indices[row * shape.rank + axis]
        guard index >= 0, index < shape[axis] else { throw refuse(index) }
        position += index * strides[axis]
      }
      return position
    }
  }

  /// Copies one element of any width; both positions count in elements and lie within their bytes.
  private func copyElement(
    _ from: Int, of source: UnsafeRawBufferPointer, to: Int,
    of target: UnsafeMutableRawBufferPointer, bits: Int
  ) {
    if bits % 8 == 0 {
      let width = bits / 8
      for i in 0..<width { target[to * width + i] = source[from * width + i] }
      return
    }
    for i in 0..<bits {
      let (read, write) = (from * bits + i, to * bits + i)
      let bit = source[read / 8] >> UInt8(read % 8) & 1
      target[write / 8] = target[write / 8] & ~(1 << UInt8(write % 8)) | bit << UInt8(write % 8)
    }
  }
}
