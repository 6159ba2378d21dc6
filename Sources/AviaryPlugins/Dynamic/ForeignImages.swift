import AviaryCore
import AviaryImage
import CAviaryPlugin

/// Takes a picture that a plugin makes. Lives as long as the call.
final class ForeignImageHost {
  private let maxPixels: Int
  private var samples: UnsafeMutableBufferPointer<UInt8>?
  private var size = (width: 0, height: 0, color: Image.Color.grey)
  private var failure: CallFailure?

  init(maxPixels: Int = Limits.default.imagePixels) { self.maxPixels = maxPixels }

  deinit { samples?.deallocate() }

  /// Calls a function of the plugin that gives a picture, and checks what it gave.
  ///
  /// - Throws: `CallFailure`, also where it gave none.
  static func image(
    _ what: String, maxPixels: Int = Limits.default.imagePixels,
    _ body: (UnsafePointer<AviaryImageSink>, UnsafePointer<AviaryMessage>) -> Int32
  ) throws(CallFailure) -> Image {
    let host = ForeignImageHost(maxPixels: maxPixels)
    var sink = AviaryImageSink()
    sink.size = foreignSize(AviaryImageSink.self)
    sink.abi = UInt32(AVIARY_ABI)
    sink.host = Unmanaged.passUnretained(host).toOpaque()
    sink.make = { host, width, height, channels in
      host.flatMap {
        Unmanaged<ForeignImageHost>.fromOpaque($0).takeUnretainedValue().make(width, height, channels)
      }
    }
    var failure: CallFailure?
    do throws(CallFailure) {
      try foreignCall(what) { message in withUnsafePointer(to: sink) { body($0, message) } }
    } catch { failure = error }
    if let failure = host.failure ?? failure { throw failure }
    guard let samples = host.samples,
      let image = Image(
        width: host.size.width, height: host.size.height, color: host.size.color, samples: Array(samples))
    else { throw .broken("\(what) gave no picture") }
    return withExtendedLifetime(host) { image }
  }

  private func make(_ width: Int32, _ height: Int32, _ channels: Int32) -> UnsafeMutablePointer<UInt8>? {
    guard samples == nil else { return refuse(.broken("a picture was made twice")) }
    guard width > 0, height > 0, channels == 1 || channels == 3 else {
      return refuse(.broken("a picture of \(width) x \(height) pixels and \(channels) channels was made"))
    }
    // Two positive 32-bit numbers; their product fits.
    let pixels = Int(width) * Int(height)
    guard pixels <= maxPixels else {
      return refuse(
        .resource("a picture of \(width) x \(height) pixels is above the limit of \(maxPixels) pixels"))
    }
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: pixels * Int(channels))
    buffer.initialize(repeating: 0)
    samples = buffer
    size = (Int(width), Int(height), channels == 1 ? .grey : .rgb)
    return buffer.baseAddress
  }

  private func refuse(_ reason: CallFailure) -> UnsafeMutablePointer<UInt8>? {
    failure = failure ?? reason
    return nil
  }
}

extension Image {
  /// Calls `body` with the picture as plugins see it.
  ///
  /// - Throws: `CallFailure.refused` for sides that the interface cannot count.
  func withForeign(_ body: (UnsafePointer<AviaryImage>) throws(CallFailure) -> Void) throws(CallFailure) {
    guard let width = Int32(exactly: width), let height = Int32(exactly: height) else {
      throw .refused(status: Int32(AVIARY_UNSUPPORTED.rawValue), "a side of the picture is too long")
    }
    let arena = ForeignArena()
    var view = AviaryImage()
    view.size = foreignSize(AviaryImage.self)
    view.abi = UInt32(AVIARY_ABI)
    view.width = width
    view.height = height
    view.channels = Int32(channels)
    view.samples = UnsafePointer(arena.array(samples))
    guard let place = arena.place(view) else { return }
    try body(place)
    withExtendedLifetime(arena) {}
  }
}
