import Foundation

/// A picture that is written once, as SVG; its PNG is rendered from that.
public protocol Chart: Sendable {
  /// The document, with its size in pixels.
  func svg() -> String
}

extension Chart {
  /// The PNG file.
  /// - Parameter scale: pixels of the picture per pixel of the document.
  /// - Throws: `ReportError` where the picture would be too large or cannot be drawn.
  public func png(scale: Double = 2) throws(ReportError) -> Data {
    try PNGRenderer.png(svg: svg(), scale: scale)
  }
}
