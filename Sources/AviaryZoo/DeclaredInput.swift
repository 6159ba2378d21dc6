import AviaryCore
import AviaryImage

/// A graph's declared picture input: what it says of layout, size and channels.
struct DeclaredInput {
  private let name: String
  private let dims: [Extent]
  private let model: String

  init(_ name: String, _ shape: SymbolicShape, model: String) throws(ZooError) {
    guard let dims = shape.dims, dims.count == 4 || dims.count == 5 else {
      throw .contract(
        model: model,
        problem: "input '\(name)' is \(shape), not a batch of pictures (4 axes) or of frames (5 axes)")
    }
    if dims.count == 5, let frames = dims[1].value, frames != 1 {
      throw .contract(
        model: model, problem: "input '\(name)' takes \(frames) frames at once; a picture alone is one frame")
    }
    self.name = name
    self.dims = dims
    self.model = model
  }

  private func problem(_ text: String) -> ZooError { .contract(model: model, problem: text) }

  /// The preprocessing: the manifest's, else what the shape tells and usual values for the rest; `overrides`
  /// on top.
  func preprocessing(
    manifest: Preprocessing?, overrides: ContractOverrides, guesses: inout [String]
  ) throws(ZooError) -> Preprocessing {
    // No `??` with a throwing right side: it forgets the type of the error.
    let layout: Preprocessing.Layout
    if let known = overrides.layout ?? manifest?.layout {
      layout = known
    } else {
      layout = try guessedLayout(&guesses)
    }
    guard layout.rank == dims.count else {
      throw problem("input '\(name)' is \(SymbolicShape(dims)), which is not \(layout.rawValue)")
    }
    let (channelAxis, rows, columns) = layout.axes
    var channels: Preprocessing.Channels
    if let known = overrides.channels ?? manifest?.channels {
      channels = known
    } else {
      channels = try guessedChannels(channelAxis, &guesses)
    }
    let size: (width: Int, height: Int)
    if let known = overrides.size ?? manifest.map({ ($0.width, $0.height) }) {
      size = known
    } else {
      size = try guessedSize(rows, columns)
    }
    if manifest == nil { guessNumbers(overrides, &guesses) }

    // Numbers belong together: what a user says of one makes the usual others meaningless.
    let usual = manifest == nil && overrides.saysNothingOfNumbers ? overrides.usual : nil
    if manifest == nil, overrides.channels == nil, channels == .rgb, usual?.channels == .bgr {
      channels = .bgr
    }
    let number = InputVariant(
      numbers: usual ?? .unit(""), channels: channels, resize: nil)
    var resize =
      manifest == nil
      ? overrides.usual?.resize ?? Preprocessing.Resize(kernel: .bilinear, antialias: true) : manifest?.resize
    if let kernel = overrides.kernel {
      resize = .init(
        kernel: kernel, antialias: overrides.antialias, mode: resize?.mode ?? .stretch, size: resize?.size,
        round: resize?.round ?? true)
    }
    // The manifest's size and crop belong to the manifest's input.
    if overrides.size != nil { resize?.size = nil }
    if let round = overrides.round {
      guard resize != nil else { throw problem("--round means nothing without a resize; pass --resize too") }
      resize?.round = round
    }
    do throws(PreprocessingError) {
      return try Preprocessing(
        name: name, layout: layout, width: size.width, height: size.height, channels: channels,
        steps: manifest?.steps ?? [], resize: resize,
        crop: overrides.size == nil ? manifest?.crop : nil,
        scale: overrides.scale ?? manifest?.scale ?? number.numbers.scale,
        standardize: overrides.standardize ?? (manifest == nil ? number.numbers.standardize : manifest?.standardize),
        mean: overrides.mean ?? manifest?.mean ?? number.fitted(number.numbers.mean),
        std: overrides.std ?? manifest?.std ?? number.fitted(number.numbers.std))
    } catch {
      throw problem(error.description)
    }
  }

  private func guessNumbers(_ overrides: ContractOverrides, _ guesses: inout [String]) {
    if overrides.saysNothingOfNumbers {
      guesses.append(
        overrides.usual.map { "values are \($0.name), \($0.reason) (--scale, --mean, --std)" }
          ?? "values are pixel / 255, in 0...1 (--scale, --mean, --std)")
    } else {
      if overrides.scale == nil { guesses.append("scale is 1/255 (--scale)") }
      if overrides.mean == nil { guesses.append("mean is 0 (--mean)") }
      if overrides.std == nil { guesses.append("std is 1 (--std)") }
    }
    if overrides.kernel == nil {
      let resize = overrides.usual?.resize ?? .init(kernel: .bilinear, antialias: true)
      guesses.append("pictures are \(InputVariant.name(of: resize)) (--resize KERNEL[:antialias])")
    }
  }

  private func guessedLayout(_ guesses: inout [String]) throws(ZooError) -> Preprocessing.Layout {
    if dims.count == 5 { return .ntchw }
    func isChannels(_ axis: Int) -> Bool { dims[axis].value == 1 || dims[axis].value == 3 }
    switch (isChannels(1), isChannels(3)) {
    case (true, false): return .nchw
    case (false, true): return .nhwc
    case (true, true):
      guesses.append("layout is NCHW (--layout)")
      return .nchw
    case (false, false):
      throw problem(
        "input '\(name)' is \(SymbolicShape(dims)): neither axis 1 nor axis 3 is 1 or 3, "
          + "so the layout is not clear; pass --layout and --channels, or --manifest")
    }
  }

  private func guessedChannels(
    _ axis: Int, _ guesses: inout [String]
  ) throws(ZooError) -> Preprocessing.Channels {
    switch dims[axis].value {
    case 1: return .grey
    case 3:
      guesses.append("channels are RGB (--channels bgr)")
      return .rgb
    default:
      throw problem("input '\(name)' is \(SymbolicShape(dims)); pass --channels grey, rgb or bgr")
    }
  }

  private func guessedSize(_ rows: Int, _ columns: Int) throws(ZooError) -> (Int, Int) {
    guard let height = dims[rows].value, let width = dims[columns].value else {
      throw problem("input '\(name)' is \(SymbolicShape(dims)), which leaves the size open; pass --size WxH")
    }
    return (width, height)
  }

  /// - Throws: `ZooError.contract` naming the axis where the graph declares another extent.
  func check(_ preprocessing: Preprocessing) throws(ZooError) {
    let wanted = preprocessing.shape(batch: 1)
    for (axis, (declared, given)) in zip(dims, wanted).enumerated().dropFirst() {
      if let value = declared.value, value != given {
        let extents = wanted.dropFirst().map(String.init).joined(separator: "x")
        throw problem(
          "input '\(name)' is \(SymbolicShape(dims)), but the contract gives "
            + "\(preprocessing.layout.rawValue) \(extents): "
            + "axis \(axis) is \(given) instead of \(value)")
      }
    }
  }
}

extension ContractOverrides {
  fileprivate var saysNothingOfNumbers: Bool { scale == nil && standardize == nil && mean == nil && std == nil }
}
