import AviaryImage
import Foundation

/// A picture with boxes around faces and what is said of each.
public struct AnnotatedPicture: Sendable {
  public struct Mark: Sendable {
    /// In pixels of the picture.
    public var face: DetectedFace
    /// Above the box, one below the other.
    public var lines: [String]
    /// Marks of one number have one colour.
    public var color: Int

    public init(face: DetectedFace, lines: [String], color: Int) {
      self.face = face
      self.lines = lines
      self.color = color
    }
  }

  let image: Image
  let marks: [Mark]

  public init(_ image: Image, marks: [Mark]) {
    self.image = image
    self.marks = marks
  }

  /// The PNG file, of the picture's size; what no mark covers is unchanged.
  ///
  /// - Throws: `ReportError` for a picture that is too large to draw on.
  public func png() throws(ReportError) -> Data {
    try PNGRenderer.png(overlay: svg(), on: image)
  }

  private var unit: Double { max(1, Double(min(image.width, image.height)) / 300) }

  private func svg() -> String {
    var svg = SVG(width: Double(image.width), height: Double(image.height))
    for mark in marks { drawBox(mark, in: &svg) }
    // Text over all boxes.
    for mark in marks { drawLines(mark, in: &svg) }
    return svg.document(title: "\(marks.count) faces", isTransparent: true)
  }

  private func drawBox(_ mark: Mark, in svg: inout SVG) {
    let face = mark.face
    let color = Color.series(mark.color, of: 8)
    let path =
      "M\(SVG.number(face.x)) \(SVG.number(face.y))h\(SVG.number(face.width))v\(SVG.number(face.height))"
      + "h\(SVG.number(-face.width))z"
    svg.path(path, stroke: .paper, width: 2.5 * unit)
    svg.path(path, stroke: color, width: 1.5 * unit)
    for point in face.landmarks {
      svg.rectangle(
        x: point.x - unit, y: point.y - unit, width: 2 * unit, height: 2 * unit, fill: color, radius: unit)
    }
  }

  /// Above the box where there is room, else inside at its upper edge; never beyond the picture.
  private func drawLines(_ mark: Mark, in svg: inout SVG) {
    let width = Double(image.width)
    let height = Double(image.height)
    let size = min(max(11, 4.5 * unit), max(11, mark.face.width / 6), max(7, height / 12))
    let row = size * 1.3
    let color = Color.series(mark.color, of: 8)
    let widest = mark.lines.map { TextFit.width($0, size: size) }.max() ?? 0
    let box = (width: widest + size * 0.6, height: row * Double(mark.lines.count))
    let x = max(0, min(mark.face.x, width - box.width))
    let above = mark.face.y - box.height
    let y = max(0, min(above >= 0 ? above : mark.face.y, height - box.height))
    guard !mark.lines.isEmpty else { return }
    svg.rectangle(x: x, y: y, width: box.width, height: box.height, fill: color)
    for (index, line) in mark.lines.enumerated() {
      svg.text(
        line, x: x + size * 0.3, y: y + row * Double(index) + size,
        .init(size: size, color: color.readableText))
    }
  }
}
