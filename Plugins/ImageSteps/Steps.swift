import AviaryImage
import Foundation

/// `equalize`: each channel's histogram is made as flat as its steps allow, by Pillow's `ImageOps.equalize`.
struct Equalize: PreprocessingStep {
  let name = "equalize"
  let summary = "flat histogram of each channel, as Pillow's ImageOps.equalize"

  func transform(_ parameters: inout StepParameters) -> ImageTransform {
    { (image) throws(ImageError.Reason) in
      try image.mapped((0..<image.channels).map { Self.table(image, channel: $0) })
    }
  }

  /// Sample v becomes the number of smaller samples, plus half a step, over the step: the samples without
  /// those of the brightest value present, shared among 255.
  private static func table(_ image: Image, channel: Int) -> [UInt8] {
    var histogram = [Int](repeating: 0, count: 256)
    for index in stride(from: channel, to: image.samples.count, by: image.channels) {
      histogram[Int(image.samples[index])] += 1
    }
    let identity = (0..<256).map { UInt8($0) }
    let present = histogram.filter { $0 > 0 }
    guard present.count > 1, let last = present.last else { return identity }
    let step = (present.reduce(0, +) - last) / 255
    guard step > 0 else { return identity }
    var sum = step / 2
    return histogram.map { count in
      defer { sum += count }
      return UInt8(min(255, sum / step))
    }
  }
}

/// `gamma`: samples become `255 * (sample / 255) ^ gamma`, rounded.
struct Gamma: PreprocessingStep {
  let name = "gamma"
  let summary = "255 * (sample / 255) ^ gamma; parameter gamma: 0.01 to 100"

  func transform(_ parameters: inout StepParameters) throws(PreprocessingError) -> ImageTransform {
    let gamma = try parameters.number("gamma", in: 0.01...100)
    let table = (0..<256).map { UInt8((255 * pow(Double($0) / 255, gamma)).rounded()) }
    return { (image) throws(ImageError.Reason) in
      try image.mapped([[UInt8]](repeating: table, count: image.channels))
    }
  }
}

/// `invert`: samples become `255 - sample`.
struct Invert: PreprocessingStep {
  let name = "invert"
  let summary = "255 - sample"

  func transform(_ parameters: inout StepParameters) -> ImageTransform {
    let table = (0..<256).map { UInt8(255 - $0) }
    return { (image) throws(ImageError.Reason) in
      try image.mapped([[UInt8]](repeating: table, count: image.channels))
    }
  }
}
