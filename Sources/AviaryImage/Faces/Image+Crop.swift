extension Image {
  /// The part of the picture inside a face's box, whose edges are rounded to whole pixels.
  ///
  /// - Throws: `ImageError.Reason.invalidSize` where no pixel of the picture lies in it.
  public func cropped(to face: DetectedFace) throws(ImageError.Reason) -> Image {
    if let problem = face.problem { throw .invalidSize("cannot be cropped: the face \(problem)") }
    func edges(_ start: Double, _ length: Double, _ limit: Int) -> Range<Int> {
      // Clamped before they become integers; `problem` has ruled out NaN.
      let low = Int(max(0, min(Double(limit), start.rounded())))
      let high = Int(max(0, min(Double(limit), (start + length).rounded())))
      return low..<max(low, high)
    }
    let columns = edges(face.x, face.width, width), rows = edges(face.y, face.height, height)
    guard !columns.isEmpty, !rows.isEmpty else {
      throw .invalidSize(
        "has \(width) x \(height) pixels, none of them in the box of \(face.width) x \(face.height) at "
          + "\(face.x), \(face.y)")
    }
    var result: [UInt8] = []
    result.reserveCapacity(columns.count * rows.count * channels)
    for row in rows {
      let start = row * width
      result += samples[(start + columns.lowerBound) * channels..<(start + columns.upperBound) * channels]
    }
    return Image(unchecked: columns.count, rows.count, color, result)
  }
}
