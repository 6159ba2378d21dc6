import CTurboJPEG

extension Image {
  /// The picture as a baseline JPEG.
  ///
  /// - Parameter quality: 1 to 100, as libjpeg counts it; colour keeps its full resolution.
  /// - Throws: `ImageError.Reason.invalidSize` for a side that JPEG cannot hold, `.unsupported` where
  ///   TurboJPEG refuses.
  public func jpeg(quality: Int = 85) throws(ImageError.Reason) -> [UInt8] {
    guard width <= 65_500, height <= 65_500 else {
      throw .invalidSize("\(width) x \(height) pixels are more than JPEG holds")
    }
    guard let encoder = tjInitCompress() else { throw .unsupported(.jpeg, "no memory for an encoder") }
    defer { tjDestroy(encoder) }
    var bytes: UnsafeMutablePointer<UInt8>?
    var count: UInt = 0
    defer { tjFree(bytes) }
    let status = samples.withUnsafeBufferPointer { samples in
      tjCompress2(
        encoder, samples.baseAddress, Int32(width), 0, Int32(height),
        Int32((color == .grey ? TJPF_GRAY : TJPF_RGB).rawValue), &bytes, &count,
        Int32((color == .grey ? TJSAMP_GRAY : TJSAMP_444).rawValue), Int32(min(max(quality, 1), 100)),
        TJFLAG_ACCURATEDCT)
    }
    guard status == 0, let bytes else {
      throw .unsupported(.jpeg, tjGetErrorStr2(encoder).map { String(cString: $0) } ?? "unknown error")
    }
    return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
  }
}
