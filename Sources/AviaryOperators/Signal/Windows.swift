import AviaryCore
import AviaryKernels
import Foundation

/// A window function: a sum of cosines.
protocol WindowFunction: Sendable {
  static var name: String { get }
  /// Factors of cos(0), cos(a), cos(2 a) with a = 2 pi n / N.
  static var factors: [Double] { get }
}

/// 1 / 2 - 1 / 2 cos(a)
enum HannWindow: WindowFunction {
  static let name = "HannWindow"
  static let factors = [0.5, -0.5]
}

/// 25 / 46 - 21 / 46 cos(a)
enum HammingWindow: WindowFunction {
  static let name = "HammingWindow"
  static let factors = [25.0 / 46, -21.0 / 46]
}

/// 0.42 - 0.5 cos(a) + 0.08 cos(2 a)
enum BlackmanWindow: WindowFunction {
  static let name = "BlackmanWindow"
  static let factors = [0.42, -0.5, 0.08]
}

/// w[n] with a = 2 pi n / N, N being the size of a periodic window, and one less of a symmetric one.
///
/// Spec: HannWindow, HammingWindow, BlackmanWindow. Integers get the value without its fraction.
struct Window<Function: WindowFunction>: Operator {
  static var id: OperatorID { OperatorID(Function.name) }
  static var opsets: ClosedRange<Int> { 17...Opset.latest }

  private let isPeriodic: Bool
  private let type: ElementType

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    isPeriodic = try attributes.bool("periodic", default: true)
    type = try attributes.optionalType("output_datatype", .numbers) ?? .float
  }

  private func checkedSize(_ tensor: Tensor) throws(OperatorError) -> Int {
    let size = try integerScalar(tensor, input: 0)
    guard size >= 0 else { throw .invalid("a window of \(size) values is not possible") }
    return size
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try checkedType(inputs, 0, [.int32, .int64])
    guard let tensor = inputs[0].tensor else { return [ValueInfo(type, .rank(1))] }
    return [ValueInfo(type, [try checkedSize(tensor)])]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let tensor = try context.input(0)
    guard tensor.elementType == .int32 || tensor.elementType == .int64 else {
      throw .type(tensor.elementType, input: 0)
    }
    let size = try checkedSize(tensor)
    try context.makeResult(0, type, [size], as: Double.self) { window in
      // A symmetric window of one value is its middle.
      let period = Double(isPeriodic ? size : max(1, size - 1))
      for n in 0..<size {
        let angle = isPeriodic || size > 1 ? 2 * .pi * Double(n) / period : .pi
        window[n] = Function.factors.enumerated().reduce(0) { $0 + $1.element * cos(Double($1.offset) * angle) }
      }
    }
  }
}
