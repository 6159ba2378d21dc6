import AviaryImage
import AviaryPlugins

/// Steps that change the brightness of pictures before they are resized.
public struct ImageStepsPlugin: AviaryPlugin {
  public let manifest = PluginManifest(
    id: "image-steps", version: "1.0.0", summary: "equalisation of the histogram, gamma, inversion")

  public init() {}

  public func register(with registrar: inout PluginRegistrar) throws(PluginError) {
    try registrar.add(Equalize())
    try registrar.add(Gamma())
    try registrar.add(Invert())
  }
}

extension Image {
  /// The picture with every sample of each channel replaced by what the channel's table says.
  ///
  /// - Parameter tables: 256 values for each channel.
  func mapped(_ tables: [[UInt8]]) throws(ImageError.Reason) -> Image {
    guard tables.count == channels, tables.allSatisfy({ $0.count == 256 }) else {
      throw .invalidSize("needs a table of 256 values for each of \(channels) channels")
    }
    let mapped = samples.enumerated().map { tables[$0 % channels][Int($1)] }
    guard let image = Image(width: width, height: height, color: color, samples: mapped) else {
      throw .invalidSize("cannot be made of \(mapped.count) samples")
    }
    return image
  }
}
