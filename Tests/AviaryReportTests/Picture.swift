import CRSVG
import Foundation

/// A PNG file read back by cairo.
struct Picture {
  let width: Int
  let height: Int
  private let pixels: [UInt32]

  init?(png: Data) {
    var source = Source(data: png)
    let surface = withUnsafeMutablePointer(to: &source) { source in
      cairo_image_surface_create_from_png_stream(
        { source, target, count in
          guard let source, let target else { return CAIRO_STATUS_READ_ERROR }
          let pointer = source.assumingMemoryBound(to: Source.self)
          let end = pointer.pointee.position + Int(count)
          guard end <= pointer.pointee.data.count else { return CAIRO_STATUS_READ_ERROR }
          pointer.pointee.data.copyBytes(to: target, from: pointer.pointee.position..<end)
          pointer.pointee.position = end
          return CAIRO_STATUS_SUCCESS
        }, source)
    }
    defer { cairo_surface_destroy(surface) }
    guard cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS,
      let bytes = cairo_image_surface_get_data(surface)
    else { return nil }
    width = Int(cairo_image_surface_get_width(surface))
    height = Int(cairo_image_surface_get_height(surface))
    let stride = Int(cairo_image_surface_get_stride(surface))
    let width = width
    pixels = (0..<height).flatMap { row in
      UnsafeRawPointer(bytes + row * stride).withMemoryRebound(to: UInt32.self, capacity: width) {
        Array(UnsafeBufferPointer(start: $0, count: width))
      }
    }
  }

  private struct Source {
    let data: Data
    var position = 0
  }

  /// The colour as "#rrggbb".
  func color(x: Int, y: Int) -> String {
    let value = pixels[y * width + x] & 0xFFFFFF
    return "#" + String(value + 0x100_0000, radix: 16).dropFirst()
  }

  /// How many distinct colours there are in a rectangle.
  func colors(x: Range<Int>, y: Range<Int>) -> Set<UInt32> {
    var result = Set<UInt32>()
    for row in y { for column in x { result.insert(pixels[row * width + column]) } }
    return result
  }
}
