import AviaryImage
import CRSVG
import Foundation

/// Draws SVG documents as PNG pictures through librsvg and cairo.
public enum PNGRenderer {
  /// The most pixels of a picture; four bytes each while it is drawn.
  public static let maximumPixels = 64_000_000

  /// Cairo's own limit of a side.
  private static let maximumSide = 32_767.0

  /// The PNG file of an SVG document with a size in pixels.
  ///
  /// - Parameter scale: pixels of the picture per pixel of the document; 2 is sharp on most screens.
  /// - Throws: `ReportError` for a document that is no SVG or has no size, or a picture that would be too
  ///   large.
  public static func png(svg: String, scale: Double = 2) throws(ReportError) -> Data {
    guard scale.isFinite, scale > 0 else { throw .rendering("scale \(scale) is not above zero") }
    let handle = try parse(svg)
    defer { g_object_unref(UnsafeMutableRawPointer(handle)) }

    var (width, height) = (0.0, 0.0)
    guard rsvg_handle_get_intrinsic_size_in_pixels(handle, &width, &height) != 0, width > 0, height > 0 else {
      throw .rendering("the document has no size in pixels")
    }
    (width, height) = ((width * scale).rounded(.up), (height * scale).rounded(.up))
    guard width <= maximumSide, height <= maximumSide, width * height <= Double(maximumPixels) else {
      throw .tooLarge(width: width, height: height, limit: maximumPixels)
    }

    let surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, Int32(width), Int32(height))
    defer { cairo_surface_destroy(surface) }
    try render(handle, on: surface, width: width, height: height)
    return try encode(surface)
  }

  /// The PNG file of a picture with an SVG document of its size drawn over it; pixels that the document
  /// leaves alone stay what they are.
  ///
  /// - Throws: `ReportError` for a document that is no SVG and a picture that is too large.
  static func png(overlay svg: String, on image: Image) throws(ReportError) -> Data {
    let (width, height) = (Double(image.width), Double(image.height))
    guard width <= maximumSide, height <= maximumSide, width * height <= Double(maximumPixels) else {
      throw .tooLarge(width: width, height: height, limit: maximumPixels)
    }
    let handle = try parse(svg)
    defer { g_object_unref(UnsafeMutableRawPointer(handle)) }
    let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
    defer { cairo_surface_destroy(surface) }
    guard let pixels = cairo_image_surface_get_data(surface) else {
      throw .rendering("no memory for the picture")
    }
    let stride = Int(cairo_image_surface_get_stride(surface))
    let rgb = image.converted(to: .rgb)
    for y in 0..<image.height {
      for x in 0..<image.width {
        // A pixel is one native 32-bit number, red above green above blue.
        let from = 3 * (y * image.width + x)
        let pixel =
          UInt32(rgb.samples[from]) << 16 | UInt32(rgb.samples[from + 1]) << 8 | UInt32(rgb.samples[from + 2])
        UnsafeMutableRawPointer(pixels + y * stride + 4 * x).storeBytes(of: pixel, as: UInt32.self)
      }
    }
    cairo_surface_mark_dirty(surface)
    try render(handle, on: surface, width: width, height: height)
    return try encode(surface)
  }

  private static func render(
    _ handle: UnsafeMutablePointer<RsvgHandle>, on surface: OpaquePointer?, width: Double, height: Double
  ) throws(ReportError) {
    let context = cairo_create(surface)
    defer { cairo_destroy(context) }
    var viewport = RsvgRectangle(x: 0, y: 0, width: width, height: height)
    var error: UnsafeMutablePointer<GError>?
    guard rsvg_handle_render_document(handle, context, &viewport, &error) != 0 else {
      throw .rendering(message(taking: error))
    }
  }

  private static func parse(_ svg: String) throws(ReportError) -> UnsafeMutablePointer<RsvgHandle> {
    var error: UnsafeMutablePointer<GError>?
    let bytes = Array(svg.utf8)
    // The document has no base address, so nothing outside it can be loaded.
    guard let handle = rsvg_handle_new_from_data(bytes, gsize(bytes.count), &error) else {
      throw .rendering(message(taking: error))
    }
    return handle
  }

  private static func encode(_ surface: OpaquePointer?) throws(ReportError) -> Data {
    var data = Data()
    let status = withUnsafeMutablePointer(to: &data) { sink in
      cairo_surface_write_to_png_stream(
        surface,
        { sink, bytes, count in
          guard let sink, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
          sink.assumingMemoryBound(to: Data.self).pointee.append(bytes, count: Int(count))
          return CAIRO_STATUS_SUCCESS
        }, sink)
    }
    guard status == CAIRO_STATUS_SUCCESS else {
      throw .rendering(cairo_status_to_string(status).map { String(cString: $0) } ?? "cairo status \(status)")
    }
    return data
  }

  /// The text of a GLib error, which is freed.
  private static func message(taking error: UnsafeMutablePointer<GError>?) -> String {
    guard let error else { return "no reason given" }
    defer { g_error_free(error) }
    return error.pointee.message.map { String(cString: $0) } ?? "no reason given"
  }
}
