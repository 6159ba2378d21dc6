import AviaryImage
import Foundation

/// `preprocessor_config.json` of a Hugging Face folder: what it says, and nothing that it does not say.
struct HuggingFacePreprocessor {
  /// Scale, mean and deviation; `nil` where the file says nothing of values.
  let numbers: UsualContract?
  /// `nil` where the file does not say.
  let resizing: HuggingFaceFolder.Resizing?
  /// In pixels; `nil` where the file does not say.
  let size: PixelSize?

  /// - Throws: `ZooError.manifest` naming the file for values that cannot be, or that nobody knows.
  init(_ value: JSONValue, path: String) throws(ZooError) {
    let config = Config(value: value, path: path)
    let crops = try config.flag("do_center_crop") == true
    let crop = crops ? try config.size("crop_size") : nil
    let shown = try config.size("size")
    size = crop ?? shown
    resizing = try Self.resizing(config, crop: crop)
    var numbers = try Self.numbers(config)
    if case .resized(let resize) = resizing { numbers?.resize = resize }
    self.numbers = numbers
  }

  /// Pillow's numbers.
  private static let kernels: [Int: ResampleKernel] = [
    0: .nearest, 1: .lanczos, 2: .bilinear, 3: .bicubic, 4: .box, 5: .hamming,
  ]

  private static func resizing(
    _ config: Config, crop: PixelSize?
  ) throws(ZooError) -> HuggingFaceFolder.Resizing? {
    let resizes = try config.flag("do_resize")
    let number = try config.number("resample")
    var kernel = ResampleKernel.bilinear
    if let number {
      guard let known = Int(exactly: number).flatMap({ kernels[$0] }) else {
        let names = kernels.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.rawValue)" }
        throw config.problem("resample is \(config.text("resample")); known are \(names.joined(separator: ", "))")
      }
      kernel = known
    }
    if resizes == false { return .untouched }
    guard resizes != nil || number != nil || config.says("size") || crop != nil else { return nil }
    let size = config.value["size"]
    let shortest = size?["shortest_edge"]?.integer ?? (crop == nil ? nil : size?.integer)
    return .resized(
      Preprocessing.Resize(
        kernel: kernel, antialias: kernel != .nearest,
        mode: shortest != nil && crop != nil ? .shortestSideThenCenterCrop : .stretch,
        size: crop == nil ? nil : shortest))
  }

  private static func numbers(_ config: Config) throws(ZooError) -> UsualContract? {
    let rescales = try config.flag("do_rescale")
    let factor = try config.number("rescale_factor")
    let normalizes = try config.flag("do_normalize") ?? (config.says("image_mean") || config.says("image_std"))
    guard rescales != nil || factor != nil || normalizes || config.says("do_normalize") else { return nil }
    if let factor, !factor.isFinite || factor == 0 {
      throw config.problem("rescale_factor is \(config.text("rescale_factor")), which leaves nothing of a picture")
    }
    let mean = normalizes ? try config.numbers("image_mean") : [0]
    let std = normalizes ? try config.numbers("image_std") : [1]
    guard std.allSatisfy({ $0 != 0 }) else {
      throw config.problem("image_std has a 0, and values are divided by it")
    }
    // Both are what the hub's own code takes where a file is silent.
    var assumed: [String] = []
    if rescales != false, factor == nil { assumed.append("that pixels are divided by 255") }
    if !config.says("do_normalize"), !normalizes { assumed.append("that no mean is taken out") }
    let reason =
      assumed.isEmpty
      ? "the folder says so" : "the folder says so, but not \(assumed.joined(separator: " and ")): that is assumed"
    return UsualContract(
      name: "preprocessor_config.json", reason: reason, scale: rescales == false ? 1 : factor ?? 1 / 255,
      mean: mean, std: std)
  }
}

/// The members of the file with their types; `null` counts as absent.
private struct Config {
  let value: JSONValue
  let path: String

  func problem(_ text: String) -> ZooError { .manifest(path: path, problem: text) }

  func says(_ key: String) -> Bool { value[key].map { $0 != .null } ?? false }

  /// A value for messages.
  func text(_ key: String) -> String {
    switch value[key] {
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .string(let text): "'\(text.prefix(40))'"
    default: "of another type"
    }
  }

  func flag(_ key: String) throws(ZooError) -> Bool? {
    guard says(key) else { return nil }
    guard let flag = value[key]?.bool else { throw problem("\(key) must be true or false") }
    return flag
  }

  func number(_ key: String) throws(ZooError) -> Double? {
    guard says(key) else { return nil }
    guard let number = value[key]?.number else { throw problem("\(key) must be a number") }
    return number
  }

  /// One number, or one for each of three channels.
  func numbers(_ key: String) throws(ZooError) -> [Double] {
    let single = value[key]?.number.map { [$0] }
    guard let numbers = single ?? value[key]?.numbers, [1, 3].contains(numbers.count), numbers.allSatisfy(\.isFinite)
    else { throw problem("\(key) must be one number or three\(says(key) ? "" : ", and is missing")") }
    return numbers
  }

  /// A number, `{"height":, "width":}` or `{"shortest_edge":}`.
  func size(_ key: String) throws(ZooError) -> PixelSize? {
    guard says(key), let value = value[key] else { return nil }
    let sides = [value.integer ?? value["shortest_edge"]?.integer, value["width"]?.integer, value["height"]?.integer]
    let size: PixelSize? =
      if let side = sides[0] {
        PixelSize(width: side, height: side)
      } else if let width = sides[1], let height = sides[2] {
        PixelSize(width: width, height: height)
      } else {
        nil
      }
    guard let size else {
      throw problem("\(key) must be a number of pixels, 'height' and 'width', or 'shortest_edge'")
    }
    guard [size.width, size.height].allSatisfy({ (1...Self.maximumSide).contains($0) }) else {
      throw problem("\(key) is \(size.width)x\(size.height); sides are 1 to \(Self.maximumSide) pixels")
    }
    return size
  }

  private static let maximumSide = 1 << 14
}
