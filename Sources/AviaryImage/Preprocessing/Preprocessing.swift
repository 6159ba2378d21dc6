/// How a picture becomes a model's input: the `input` object of a model manifest (Schemas/model.schema.json).
///
/// In order: colour, the named `steps`, resize, crop, then per channel `(sample * scale - mean) / std` for samples
/// 0...255, written in `layout`. With `standardize` the scaled samples of a picture are brought to mean 0 and
/// deviation 1 before `mean` and `std`.
public struct Preprocessing: Sendable, Equatable {
  /// The order of an input's axes: batch, channels, rows, columns, and time.
  public enum Layout: String, Sendable, Codable, CaseIterable {
    case nchw = "NCHW"
    case nhwc = "NHWC"
    /// Frames: an axis of time behind the batch. A picture alone is a sequence of one frame.
    case ntchw = "NTCHW"

    /// Number of axes.
    public var rank: Int { self == .ntchw ? 5 : 4 }
    /// Where channels, rows and columns stand among the axes.
    public var axes: (channels: Int, rows: Int, columns: Int) {
      switch self {
      case .nchw: (1, 2, 3)
      case .nhwc: (3, 1, 2)
      case .ntchw: (2, 3, 4)
      }
    }
  }

  /// The channels that the model sees, in order.
  public enum Channels: String, Sendable, Codable, CaseIterable {
    case grey
    case rgb
    case bgr

    public var count: Int { self == .grey ? 1 : 3 }
    var color: Image.Color { self == .grey ? .grey : .rgb }
  }

  public struct Resize: Sendable, Equatable {
    public enum Mode: String, Sendable, Codable, CaseIterable {
      /// To width x height (or `size` x `size`, to be cropped), whatever the aspect.
      case stretch
      /// The shorter side to `size`; only `crop` cuts the other.
      case shortestSide = "shortest-side"
      /// The shorter side to `size` (by default the shorter of width and height), then the centre is cut out.
      case shortestSideThenCenterCrop = "shortest-side-then-center-crop"
      /// The whole picture inside width x height, the rest padded with black.
      case letterbox
    }

    public var kernel: ResampleKernel
    public var antialias: Bool
    public var mode: Mode
    /// In pixels.
    public var size: Int?
    /// Whether resized samples are rounded to integers 0...255, as 8-bit image libraries do; otherwise they
    /// stay floats, as resizing a float tensor gives them.
    public var round: Bool

    public init(
      kernel: ResampleKernel, antialias: Bool, mode: Mode = .stretch, size: Int? = nil, round: Bool = true
    ) {
      self.kernel = kernel
      self.antialias = antialias
      self.mode = mode
      self.size = size
      self.round = round
    }
  }

  /// A centred window cut out after the resize. It must be width x height of the input.
  public struct Crop: Sendable, Equatable {
    public var width: Int
    public var height: Int

    public init(width: Int, height: Int) {
      self.width = width
      self.height = height
    }
  }

  /// The model's input; `nil` where it has only one.
  public var name: String?
  public var layout: Layout
  /// In pixels, as for `height`.
  public var width: Int
  public var height: Int
  public var channels: Channels
  /// Steps that plugins bring, on the whole picture in the model's colour.
  public var steps: [Step]
  /// `nil`: pictures must have the size already.
  public var resize: Resize?
  public var crop: Crop?
  public var scale: Double
  /// `nil`: pictures keep their own brightness and contrast.
  public var standardize: Standardization?
  /// One value per channel in the order of `channels`, or one for all.
  public var mean: [Double]
  public var std: [Double]

  public init(
    name: String? = nil, layout: Layout, width: Int, height: Int, channels: Channels, steps: [Step] = [],
    resize: Resize? = nil, crop: Crop? = nil, scale: Double, standardize: Standardization? = nil, mean: [Double],
    std: [Double]
  ) throws(PreprocessingError) {
    self.name = name
    self.layout = layout
    self.width = width
    self.height = height
    self.channels = channels
    self.steps = steps
    self.resize = resize
    self.crop = crop
    self.scale = scale
    self.standardize = standardize
    self.mean = mean
    self.std = std
    try validate()
  }

  /// The floats of one picture: `width * height * channels`.
  public var count: Int { width * height * channels.count }

  /// The shape of a batch of `batch` pictures in `layout`.
  public func shape(batch: Int) -> [Int] {
    var dims = [Int](repeating: 1, count: layout.rank)
    (dims[0], dims[layout.axes.channels]) = (batch, channels.count)
    (dims[layout.axes.rows], dims[layout.axes.columns]) = (height, width)
    return dims
  }
}

/// A description that cannot be carried out. `field` is the path inside the `input` object.
public struct PreprocessingError: Error, Equatable, CustomStringConvertible {
  public let field: String
  public let problem: String

  public init(field: String, problem: String) {
    self.field = field
    self.problem = problem
  }

  public var description: String { "input.\(field): \(problem)" }
}

extension Preprocessing {
  /// The largest input side, which keeps every size in this file far from overflow.
  static let maxSide = 1 << 14

  /// The checks of the initialiser, for a description that was changed since.
  public func validate() throws(PreprocessingError) {
    for (field, side) in [("width", width), ("height", height)] {
      try Self.check(side, field)
    }
    guard scale.isFinite, scale != 0 else {
      throw PreprocessingError(field: "scale", problem: "must be a finite number other than 0")
    }
    for (field, values) in [("mean", mean), ("std", std)] {
      guard values.count == 1 || values.count == channels.count else {
        throw PreprocessingError(
          field: field,
          problem: "has \(values.count) values; needs 1\(channels.count == 1 ? "" : " or \(channels.count)") for "
            + channels.rawValue)
      }
      guard values.allSatisfy(\.isFinite), field == "mean" || values.allSatisfy({ $0 != 0 }) else {
        throw PreprocessingError(
          field: field, problem: "needs finite numbers\(field == "std" ? " other than 0" : "")")
      }
    }
    try validateGeometry()
  }

  private func validateGeometry() throws(PreprocessingError) {
    if let crop, crop.width != width || crop.height != height {
      throw PreprocessingError(
        field: "crop",
        problem: "\(crop.width) x \(crop.height) differs from the input's \(width) x \(height)")
    }
    guard let resize else { return }
    if let size = resize.size {
      try Self.check(size, "resize.size")
      guard resize.mode != .letterbox else {
        throw PreprocessingError(field: "resize.size", problem: "has no meaning for letterbox; remove it")
      }
    }
    guard resize.antialias || [.nearest, .bilinear, .bicubic].contains(resize.kernel) else {
      throw PreprocessingError(
        field: "resize.kernel", problem: "\(resize.kernel.rawValue) needs antialias: true")
    }
  }

  private static func check(_ side: Int, _ field: String) throws(PreprocessingError) {
    guard (1...maxSide).contains(side) else {
      throw PreprocessingError(field: field, problem: "is \(side); must be 1 to \(maxSide)")
    }
  }
}
