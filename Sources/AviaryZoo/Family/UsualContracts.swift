import AviaryImage

/// The ways in which nearly everybody feeds pictures to networks.
extension UsualContract {
  /// 0...1.
  public static func unit(_ reason: String) -> UsualContract {
    UsualContract(name: "0...1", reason: reason, scale: 1 / 255, mean: [0], std: [1])
  }

  /// -1...1.
  public static func signed(_ reason: String) -> UsualContract {
    UsualContract(name: "-1...1", reason: reason, scale: 1 / 255, mean: [0.5], std: [0.5])
  }

  /// 0...255.
  public static func raw(_ reason: String) -> UsualContract {
    UsualContract(name: "0...255", reason: reason, scale: 1, mean: [0], std: [1])
  }

  /// ImageNet's mean and deviation: torchvision and most of timm.
  public static func imageNet(_ reason: String) -> UsualContract {
    UsualContract(
      name: "ImageNet mean and deviation", reason: reason, scale: 1 / 255, mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225], channels: .rgb)
  }

  /// Each picture brought to mean 0 and deviation 1.
  public static func standardized(_ reason: String) -> UsualContract {
    UsualContract(
      name: "each picture standardised", reason: reason, scale: 1 / 255, standardize: .image, mean: [0], std: [1])
  }

  /// BGR less ImageNet's mean, not scaled: Caffe, and Keras for VGG and ResNet.
  public static func caffe(_ reason: String) -> UsualContract {
    UsualContract(
      name: "BGR less ImageNet's mean", reason: reason, scale: 1, mean: [103.939, 116.779, 123.68], std: [1],
      channels: .bgr)
  }

  /// The same numbers with a resize.
  public func resized(
    _ mode: Preprocessing.Resize.Mode, _ kernel: ResampleKernel = .bilinear, size: Int? = nil
  ) -> UsualContract {
    var copy = self
    copy.resize = .init(kernel: kernel, antialias: true, mode: mode, size: size)
    return copy
  }
}

extension NetworkSketch {
  /// The contracts that the graph allows, most likely first.
  ///
  /// A graph that scales pixels itself decides; small or grey pictures are rarely fed with ImageNet's
  /// numbers.
  ///
  /// - Parameter colour: what the family's colour networks get.
  public func usualContracts(colour: [UsualContract]) -> [UsualContract] {
    if let scaling = inputScaling {
      let factor = scaling.scale.map(\.magnitude).max() ?? 1
      if factor <= 0.05 {
        return [.raw("the graph itself multiplies pixels by \(Self.short(factor))").resized(.stretch)]
      }
      if factor > 1 {
        return [.unit("the graph itself brings 0...1 to another range").resized(.stretch)]
      }
      return [.raw("the graph itself subtracts a mean from pixels").resized(.stretch)]
    }
    if channels == 3, min(size?.width ?? 224, size?.height ?? 224) >= 96 { return colour }
    let kind = channels == 1 ? "grey" : "small"
    let usual: [UsualContract] = [
      .signed("usual for \(kind) pictures in PyTorch"), .unit("usual for \(kind) pictures in Keras"),
    ]
    return (isChannelsLast ? usual.reversed() : usual).map { $0.resized(.stretch) } + [
      .raw("some \(kind) networks learn the scale").resized(.stretch)
    ] + (channels == 3 ? colour : [])
  }

  /// The centre of a picture whose shorter side is 8/7 of the input, as for ImageNet; 256 for 224.
  public var centerCropSize: Int? {
    size.map { Int((Double(min($0.width, $0.height)) / 0.875).rounded()) }
  }

  private static func short(_ value: Double) -> String {
    let inverse = (1 / value).rounded()
    return abs(value * inverse - 1) < 1e-6 ? "1/\(Int(exactly: inverse) ?? 0)" : "\(value)"
  }
}
