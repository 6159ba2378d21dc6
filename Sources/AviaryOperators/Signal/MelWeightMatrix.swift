import AviaryCore
import AviaryKernels
import Foundation

/// The matrix that turns a linear spectrum into `num_mel_bins` bands of equal width on the mel scale,
/// mel(f) = 2595 log10(1 + f / 700): triangles with a peak of 1. `[dft_length / 2 + 1, num_mel_bins]`.
///
/// Spec: MelWeightMatrix. Edges of bands are rounded down to a bin, as the specification's reference does.
struct MelWeightMatrix: Operator {
  static let id = OperatorID("MelWeightMatrix")
  static let opsets = 17...Opset.latest

  private let type: ElementType

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    type = try attributes.optionalType("output_datatype", .numbers) ?? .float
  }

  private func shape(_ bands: Int, _ length: Int) throws(OperatorError) -> [Int] {
    guard bands >= 0 else { throw .invalid("num_mel_bins is \(bands), must not be negative") }
    guard length >= 0 else { throw .invalid("dft_length is \(length), must not be negative") }
    return [length / 2 + 1, bands]
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    for index in 0..<3 { _ = try checkedType(inputs, index, [.int32, .int64]) }
    for index in 3..<5 { _ = try checkedType(inputs, index, .reals) }
    guard let bands = inputs[0].tensor, let length = inputs[1].tensor else { return [ValueInfo(type, .rank(2))] }
    return [ValueInfo(type, try shape(integerScalar(bands, input: 0), integerScalar(length, input: 1)))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    var sizes: [Int] = []
    for index in 0..<3 {
      let tensor = try context.input(index)
      guard tensor.elementType == .int32 || tensor.elementType == .int64 else {
        throw .type(tensor.elementType, input: index)
      }
      sizes.append(try integerScalar(tensor, input: index))
    }
    var edges: [Double] = []
    for index in 3..<5 {
      let (tensor, _) = try context.typedInput(index, .reals)
      edges.append(try scalarValue(tensor, input: index))
    }
    let (bands, length, rate) = (sizes[0], sizes[1], sizes[2])
    let dims = try shape(bands, length)
    guard rate >= 1 else { throw .invalid("sample_rate is \(rate), must be positive") }
    guard edges.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
      throw .invalid("the edges of the bands are \(edges[0]) and \(edges[1]) hertz")
    }
    let bins = try bins(bands, length, rate, edges, limit: dims[0])
    try context.makeResult(0, type, dims, as: Double.self) { matrix in
      matrix.update(repeating: 0)
      for band in 0..<bands {
        let (low, center, high) = (bins[band], bins[band + 1], bins[band + 2])
        if low == center { matrix[center * bands + band] = 1 }
        if low < center {
          for bin in low...center { matrix[bin * bands + band] = Double(bin - low) / Double(center - low) }
        }
        if center < high {
          for bin in center..<high { matrix[bin * bands + band] = Double(high - bin) / Double(high - center) }
        }
      }
    }
  }

  /// The bins where bands begin, peak and end.
  private func bins(
    _ bands: Int, _ length: Int, _ rate: Int, _ edges: [Double], limit: Int
  ) throws(OperatorError) -> [Int] {
    let mels = edges.map { 2595 * log10(1 + $0 / 700) }
    let count = Double(bands) + 2
    let step = (mels[1] - mels[0]) / count
    guard bands <= 1 << 24 else { throw .resource("\(bands) bands are too many") }
    var bins: [Int] = []
    for index in 0..<bands + 2 {
      let hertz = 700 * (pow(10, (mels[0] + Double(index) * step) / 2595) - 1)
      let bin = ((Double(length) + 1) * hertz / Double(rate)).rounded(.down)
      // The last edge bounds its triangle without a row of its own.
      guard bin >= 0, bin < Double(limit) || index == bands + 1 && bin <= Double(limit) else {
        throw .invalid("a band at \(hertz) hertz lies beyond the \(limit) bins of the spectrum")
      }
      bins.append(Int(bin))
    }
    return bins
  }
}
