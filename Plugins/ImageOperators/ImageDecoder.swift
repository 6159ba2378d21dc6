import AviaryCore
import AviaryImage

/// A picture file's bytes as pixels: `(height, width, 3)`, or `(height, width, 1)` for `Grayscale`.
///
/// ONNX `ImageDecoder`, all versions: BMP, JPEG, JPEG 2000, TIFF, PNG, WebP and the portable formats. What
/// cannot be decoded gives an empty tensor, as the specification says; a picture above the limit of pixels is
/// an error. Orientation in EXIF is not followed.
public struct ImageDecoder: Operator {
  public static let id = OperatorID("ImageDecoder")
  public static let opsets = 20...28

  private let format: String

  public init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    format = try attributes.string("pixel_format", default: "RGB", among: ["RGB", "BGR", "Grayscale"])
  }

  public func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let input = try inputs.required(0)
    if let type = input.elementType, type != .uint8 { throw .type(type, input: 0) }
    if let rank = input.rank, rank != 1 { throw .rank(rank, input: 0, needs: "1") }
    // The last extent may be 0: nothing could be decoded.
    return [ValueInfo(.uint8, .rank(3))]
  }

  public func run(_ context: RunContext) throws(OperatorError) {
    let input = try context.input(0)
    guard input.elementType == .uint8 else { throw .type(input.elementType, input: 0) }
    guard input.shape.rank == 1 else { throw .rank(input.shape.rank, input: 0, needs: "1") }
    var options = DecodeOptions()
    options.appliesOrientation = false
    options.maxPixels = context.limits.imagePixels
    let color: Image.Color = format == "Grayscale" ? .grey : .rgb
    let image: Image
    do {
      let decoded = try input.withBytes { (bytes) throws(ImageError) in
        try Image(decoding: bytes, path: "encoded_stream", options: options)
      }
      let converted = decoded.converted(to: color)
      image = format == "BGR" ? converted.swappingRedAndBlue() : converted
    } catch {
      switch error.reason {
      case .tooManyPixels, .tooManyBytes: throw .resource("\(error)")
      default:
        _ = try context.makeBytes(0, .uint8, [0, 0, 0])
        return
      }
    }
    let pixels = try context.make(0, [image.height, image.width, color.channels], as: UInt8.self)
    _ = pixels.update(from: image.samples)
  }
}
