import AviaryCore
import AviaryImage
import AviaryRuntime

extension Classifier {
  /// What a value of the graph holds for pictures, a row for each: the model's features, for other programs.
  ///
  /// - Parameters:
  ///   - value: an output of `session`.
  ///   - session: of the model's graph, with the value among its outputs.
  /// - Returns: a tensor for each run of the model; one for all where the graph takes any number of pictures.
  /// - Throws: `ImageError.Reason`, `RunError`, `ZooError.contract` for a value without a row for each
  ///   picture.
  public func features(_ pictures: [Image], of value: String, in session: Session) throws -> [Tensor] {
    let size = contract.batch ?? pictures.count
    var parts: [Tensor] = []
    for start in stride(from: 0, to: pictures.count, by: max(1, size)) {
      let rows = try pictures[start..<min(pictures.count, start + size)].map {
        image throws(ImageError.Reason) in
        try contract.input(image)
      }
      let input = try InputBatch.tensor(
        rows[...], shape: contract.input.shape(batch: size), type: contract.inputType)
      let outputs = try session.run([contract.inputName: input])
      guard let tensor = outputs[value], tensor.shape.rank > 0, tensor.shape[0] == size else {
        throw ZooError.contract(
          model: reference.modelPath,
          problem:
            "'\(value)' is \(outputs[value].map { "\($0.shape)" } ?? "no tensor"), which has no row for each "
            + "of \(size) pictures")
      }
      parts.append(try tensor.firstRows(rows.count))
    }
    return parts
  }
}

extension Tensor {
  /// The first `count` rows; there are as many.
  fileprivate func firstRows(_ count: Int) throws(TensorError) -> Tensor {
    guard count < shape[0] else { return self }
    return try Tensor(elementType: elementType, shape: try Shape([count] + Array(shape.dims.dropFirst()))) {
      target in
      withBytes { target.copyBytes(from: $0.prefix(target.count)) }
    }
  }
}
