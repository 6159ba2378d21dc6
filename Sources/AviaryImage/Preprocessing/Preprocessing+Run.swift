extension Preprocessing {
  /// The floats of `image`, in `layout` without the batch axis.
  ///
  /// - Throws: `ImageError.Reason.invalidSize` where there is no resize and the picture has another size.
  public func callAsFunction(_ image: Image) throws(ImageError.Reason) -> [Float] {
    do throws(PreprocessingError) { try validate() } catch { throw .invalidSize(error.description) }
    var values = [Float](repeating: 0, count: count)
    let result: Result<Void, ImageError.Reason> = values.withUnsafeMutableBufferPointer { buffer in
      do throws(ImageError.Reason) {
        return .success(try write(image, into: buffer))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
    return values
  }

  /// Writes the floats of `image` into `target`, one picture's slice of a batch.
  ///
  /// - Throws: `ImageError.Reason.invalidSize` as above, where a changed description is impossible, and where
  ///   `target` does not hold `count` floats.
  public func write(
    _ image: Image, into target: UnsafeMutableBufferPointer<Float>
  ) throws(ImageError.Reason) {
    do throws(PreprocessingError) { try validate() } catch { throw .invalidSize(error.description) }
    guard target.count == count else {
      throw .invalidSize("a preprocessed picture has \(count) values, the place for it \(target.count)")
    }
    let colored = try stepped(image)
    guard let resize else {
      return normalize(try cropped(colored).samples, into: target)
    }
    if resize.round {
      normalize(try resized(colored, by: resize).samples, into: target)
    } else {
      normalize(try resized(FloatImage(colored), by: resize).samples, into: target)
    }
  }

  // MARK: Resize and crop

  private func resized(_ image: Image, by step: Resize) throws(ImageError.Reason) -> Image {
    let size = try target(of: step, PixelSize(width: image.width, height: image.height))
    let resized = try image.resized(
      width: size.width, height: size.height, kernel: step.kernel, antialias: step.antialias)
    return try needsCrop(size) ? resized.centerCropped(width: width, height: height) : resized
  }

  private func resized(_ image: FloatImage, by step: Resize) throws(ImageError.Reason) -> FloatImage {
    let size = try target(of: step, PixelSize(width: image.width, height: image.height))
    let resized = try image.resized(
      width: size.width, height: size.height, kernel: step.kernel, antialias: step.antialias)
    return try needsCrop(size) ? resized.centerCropped(width: width, height: height) : resized
  }

  private func cropped(_ image: Image) throws(ImageError.Reason) -> Image {
    try needsCrop(PixelSize(width: image.width, height: image.height))
      ? image.centerCropped(width: width, height: height) : image
  }

  /// A picture of the wrong size is only cut where the description says so.
  private func needsCrop(_ size: PixelSize) throws(ImageError.Reason) -> Bool {
    if size.width == width && size.height == height { return false }
    let cuts = resize.map { $0.mode != .shortestSide } ?? false
    guard cuts || crop != nil else {
      throw .invalidSize(
        "has \(size.width) x \(size.height) pixels where the model takes \(width) x \(height); "
          + "add a resize or a crop to the model's preprocessing")
    }
    return true
  }

  private func target(of step: Resize, _ source: PixelSize) throws(ImageError.Reason) -> PixelSize {
    switch step.mode {
    case .stretch: PixelSize(width: step.size ?? width, height: step.size ?? height)
    case .shortestSide, .shortestSideThenCenterCrop:
      try source.scaled(shortestSide: step.size ?? min(width, height))
    case .letterbox: try source.fitted(into: PixelSize(width: width, height: height))
    }
  }

  // MARK: Scale, mean, std, layout

  /// Integer samples go through a table of 256 values per channel.
  private func normalize(_ samples: [UInt8], into target: UnsafeMutableBufferPointer<Float>) {
    let standards = standards(samples) { Double($0) }
    let tables = (0..<channels.count).map { channel in
      let standard = standards[source(channel)]
      return (0..<256).map {
        let value = (Double($0) * scale - standard.mean) / standard.deviation
        return Float((value - self.value(mean, channel)) / self.value(std, channel))
      }
    }
    for channel in 0..<channels.count {
      tables[channel].withUnsafeBufferPointer { table in
        spread(samples, channel, into: target) { table[Int($0)] }
      }
    }
  }

  private func normalize(_ samples: [Float], into target: UnsafeMutableBufferPointer<Float>) {
    let standards = standards(samples) { Double($0) }
    for channel in 0..<channels.count {
      let standard = standards[source(channel)]
      let factor = scale / standard.deviation / value(std, channel)
      let offset = (standard.mean / standard.deviation + value(mean, channel)) / value(std, channel)
      spread(samples, channel, into: target) { Float(Double($0) * factor - offset) }
    }
  }

  /// Where the pictures' samples, which are RGB or grey, have a channel of the input.
  private func source(_ channel: Int) -> Int { channels == .bgr ? channels.count - 1 - channel : channel }

  private func value(_ list: [Double], _ channel: Int) -> Double {
    list.count == 1 ? list[0] : list[channel]
  }

  /// Both sides hold `count` values: `samples` by the resize, `target` by the check in `write`.
  @inline(__always)
  private func spread<Sample>(
    _ samples: [Sample], _ channel: Int, into target: UnsafeMutableBufferPointer<Float>,
    _ transform: (Sample) -> Float
  ) {
    let pixels = width * height, step = channels.count
    let from = source(channel)
    let (start, stride) = layout == .nhwc ? (channel, step) : (channel * pixels, 1)
    samples.withUnsafeBufferPointer { source in
      for pixel in 0..<pixels {
        target[start + pixel * stride] = transform(source[pixel * step + from])
      }
    }
  }
}
