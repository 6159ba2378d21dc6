extension Image {
  /// Reads and decodes a file of one of the formats of `ImageFormat`.
  ///
  /// - Throws: `ImageError` that names `path`.
  public init(contentsOf path: String, options: DecodeOptions = DecodeOptions()) throws(ImageError) {
    let bytes = try readFile(path, limit: options.maxBytes)
    try self.init(decoding: bytes, path: path, options: options)
  }

  /// Decodes a picture held in memory. `path` is only used in errors.
  ///
  /// Grey files give `.grey`, all others `.rgb`. JPEG samples equal Pillow's (accurate DCT, smooth chroma
  /// upsampling; CMYK converted as Pillow's `convert("RGB")` does). PNG samples come as stored, without gamma
  /// or profile correction; palettes are expanded; of 16-bit samples the high byte is kept, as Pillow does
  /// for RGB and for grey with alpha (its `convert("L")` of a plain 16-bit grey clips at 255 instead, which
  /// turns such pictures white, and is not followed).
  public init(
    decoding bytes: [UInt8], path: String, options: DecodeOptions = DecodeOptions()
  ) throws(ImageError) {
    let result: Result<Image, ImageError> = bytes.withUnsafeBytes { buffer in
      do throws(ImageError) {
        return .success(try Image(decoding: buffer, path: path, options: options))
      } catch {
        return .failure(error)
      }
    }
    self = try result.get()
  }

  /// The same for borrowed bytes, such as a member of a mapped archive.
  public init(
    decoding bytes: UnsafeRawBufferPointer, path: String, options: DecodeOptions = DecodeOptions()
  ) throws(ImageError) {
    guard !bytes.isEmpty else { throw ImageError(path: path, reason: .empty) }
    guard bytes.count <= options.maxBytes else {
      throw ImageError(path: path, reason: .tooManyBytes(bytes.count, limit: options.maxBytes))
    }
    guard let format = ImageFormat(sniffing: bytes) else {
      throw ImageError(path: path, reason: .unknownFormat(start: Array(bytes.prefix(8))))
    }
    let stored: Image
    do throws(ImageError.Reason) {
      switch format {
      case .png: stored = try decodePNG(bytes, options)
      case .jpeg: stored = try decodeJPEG(bytes, options)
      case .bmp: stored = try decodeBMP(bytes, options)
      case .pnm: stored = try decodePNM(bytes, options)
      case .jpeg2000, .tiff, .webp: stored = try decodeByCodec(format, bytes, options)
      }
    } catch {
      throw ImageError(path: path, reason: error)
    }
    let exif = format == .png ? pngEXIF(bytes) : format == .jpeg ? jpegEXIF(bytes) : nil
    if let exif, options.appliesOrientation {
      self = stored.oriented(Orientation(exif: exif))
    } else {
      self = stored
    }
  }
}

extension ImageError.Reason: Error {}

/// Refuses a size from a header before anything of that size is allocated.
func checkPixels(
  _ format: ImageFormat, _ width: Int, _ height: Int, _ options: DecodeOptions
) throws(ImageError.Reason) {
  guard width > 0, height > 0 else {
    throw .corrupt(format, "a size of \(width) x \(height) pixels")
  }
  let (area, overflow) = width.multipliedReportingOverflow(by: height)
  // The second bound keeps every later byte count inside Int, whatever limit was asked for.
  guard !overflow, area <= options.maxPixels, area <= Int.max >> 8 else {
    throw .tooManyPixels(format, width: width, height: height, limit: options.maxPixels)
  }
}
