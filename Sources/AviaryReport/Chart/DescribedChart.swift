import Foundation

/// A chart with a text that says what it shows, for those who cannot see it.
public struct DescribedChart: Chart {
  public let chart: any Chart
  public let description: String

  public init(_ chart: any Chart, _ description: String) {
    self.chart = chart
    self.description = description
  }

  public func svg() -> String {
    let svg = chart.svg()
    guard let end = svg.range(of: "</title>") else { return svg }
    return svg[..<end.upperBound] + "\n<desc>\(SVG.escaped(description))</desc>" + svg[end.upperBound...]
  }
}
