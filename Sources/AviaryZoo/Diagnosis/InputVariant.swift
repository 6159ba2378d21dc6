import AviaryImage

/// One way to feed a picture, in the three parts that exports get wrong.
public struct InputVariant: Sendable, Equatable {
  /// Scale, mean and deviation; the channels that they were written for do not count.
  public var numbers: UsualContract
  public var channels: Preprocessing.Channels
  public var resize: Preprocessing.Resize?

  public init(
    numbers: UsualContract, channels: Preprocessing.Channels, resize: Preprocessing.Resize?
  ) {
    self.numbers = numbers
    self.channels = channels
    self.resize = resize
  }

  /// The description of the same input with this variant's parts.
  ///
  /// - Throws: `PreprocessingError` for numbers that do not fit the channels.
  public func preprocessing(like base: Preprocessing) throws(PreprocessingError) -> Preprocessing {
    try Preprocessing(
      name: base.name, layout: base.layout, width: base.width, height: base.height, channels: channels,
      steps: base.steps, resize: resize, crop: resize == base.resize ? base.crop : nil, scale: numbers.scale,
      standardize: numbers.standardize, mean: fitted(numbers.mean), std: fitted(numbers.std))
  }

  /// The values in the order of the channels; for grey their mean.
  func fitted(_ values: [Double]) -> [Double] {
    guard values.count == 3 else { return channels == .grey || values.count == 1 ? values : [values[0]] }
    if channels == .grey { return [values.reduce(0, +) / 3] }
    return (numbers.channels == .bgr) == (channels == .bgr) ? values : values.reversed()
  }

  /// What differs from another variant, for people: `fed 0...1, not 0...255`.
  public var description: String {
    var parts = [numbers.name]
    if channels != .grey { parts.append(channels.rawValue.uppercased()) }
    if let resize { parts.append(Self.name(of: resize)) }
    return parts.joined(separator: ", ")
  }

  /// `stretched by bilinear with antialiasing`.
  public static func name(of resize: Preprocessing.Resize?) -> String {
    guard let resize else { return "not resized" }
    let verb =
      switch resize.mode {
      case .stretch: "stretched"
      case .shortestSide: "shorter side to \(resize.size.map(String.init) ?? "fit")"
      case .shortestSideThenCenterCrop:
        "shorter side to \(resize.size.map(String.init) ?? "fit"), centre cut out"
      case .letterbox: "fitted with black bars"
      }
    return "\(verb), \(resize.kernel.rawValue)\(resize.antialias ? " with antialiasing" : "")"
  }
}

extension InputVariant {
  /// Numbers to try, the usual ones first.
  ///
  /// - Parameter channels: 1 or 3.
  static func usualNumbers(channels: Int) -> [UsualContract] {
    let both: [UsualContract] = [
      .unit("usual in Keras"), .signed("usual in PyTorch"), .raw("some networks scale pixels themselves"),
      .imageNet("usual for fine-tuned networks"),
      UsualContract(name: "-0.5...0.5", reason: "centred", scale: 1 / 255, mean: [0.5], std: [1]),
      UsualContract(name: "-127.5...127.5", reason: "centred", scale: 1, mean: [127.5], std: [1]),
      .standardized("usual in TensorFlow's examples"),
    ]
    return channels == 3 ? both + [.caffe("usual for networks from Caffe and Keras")] : both
  }

  /// Resizes to try for an input of that size, the usual ones first.
  static func usualResizes(width: Int, height: Int) -> [Preprocessing.Resize] {
    let crop = Int((Double(min(width, height)) / 0.875).rounded())
    return [
      .init(kernel: .bilinear, antialias: true), .init(kernel: .bilinear, antialias: false),
      .init(kernel: .bicubic, antialias: true), .init(kernel: .bicubic, antialias: false),
      .init(kernel: .nearest, antialias: false), .init(kernel: .box, antialias: true),
      .init(kernel: .lanczos, antialias: true),
      .init(kernel: .bilinear, antialias: true, mode: .shortestSideThenCenterCrop, size: crop),
      .init(kernel: .bilinear, antialias: true, mode: .shortestSideThenCenterCrop),
      .init(kernel: .bilinear, antialias: true, mode: .letterbox),
    ]
  }
}
