/// Why a report cannot be written.
public enum ReportError: Error, Equatable, Sendable {
  /// Labels, series or columns are not one per class, model or row.
  case mismatch(what: String, got: Int, expected: Int)
  /// There is nothing to draw.
  case empty(what: String)
  /// The picture would have more pixels than allowed on a side or in all.
  case tooLarge(width: Double, height: Double, limit: Int)
  /// The SVG library refused the drawing.
  case rendering(String)
  /// A format could not write the report.
  case format(name: String, problem: String)
}

extension ReportError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .mismatch(let what, let got, let expected): "\(what): \(got) where \(expected) are needed"
    case .empty(let what): "\(what): nothing to draw"
    case .tooLarge(let width, let height, let limit):
      "a picture of \(width) x \(height) pixels exceeds \(limit); use a smaller scale"
    case .rendering(let reason): "rendering the chart failed: \(reason)"
    case .format(let name, let problem): "report format '\(name)': \(problem)"
    }
  }
}
