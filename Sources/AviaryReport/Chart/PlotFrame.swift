/// The rectangle in which lines or bars are drawn, and what is common to charts around it.
struct PlotFrame {
  let left: Double
  let top: Double
  let width: Double
  let height: Double

  var right: Double { left + width }
  var bottom: Double { top + height }

  static let margin = 20.0
  static let titleSize = 19.0

  /// The position of a point given in 0...1 from the bottom left.
  func point(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
    (left + width * x, bottom - height * y)
  }

  /// The heading of a chart, from its top left.
  static func drawTitle(_ title: String, subtitle: String, in svg: inout SVG) {
    let room = svg.width - 2 * margin
    svg.text(
      TextFit.truncated(title, width: room, size: titleSize, bold: true), x: margin, y: 32,
      .init(size: titleSize, bold: true))
    svg.text(
      TextFit.truncated(subtitle, width: room, size: 12.5), x: margin, y: 52,
      .init(size: 12.5, color: .quiet))
  }

  /// Horizontal rules with numbers beside them, for values from 0 to 1.
  func drawHorizontalRules(in svg: inout SVG) {
    for tick in Axis.ticks(upTo: 1, count: 5) {
      let y = point(0, tick.value).y
      svg.line(from: (left, y), to: (right, y), color: .rule)
      svg.text(tick.decimal, x: left - 8, y: y + 4, .init(size: 11, color: .quiet, anchor: .end))
    }
  }

  /// The name of the vertical axis.
  func drawVerticalName(_ name: String, in svg: inout SVG) {
    svg.text(
      name, x: Self.margin + 4, y: top + height / 2,
      .init(size: 13, color: .quiet, anchor: .middle, rotation: -90))
  }
}
