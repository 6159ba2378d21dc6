import Foundation

/// How the picture of a face is cut out of a picture.
public struct FaceCropping: Sendable, Equatable, Codable {
  /// Added on every side, as a part of the box's side; negative values cut into the box.
  public var margin: Double
  /// Whether the shorter side is widened to the longer one.
  public var square: Bool
  /// Whether the face is turned so that its eyes lie level, where the detector finds eyes.
  public var aligned: Bool

  /// The margins that can be asked for.
  public static let margins = -0.4...2.0

  public init(margin: Double = 0, square: Bool = true, aligned: Bool = true) {
    self.margin = margin
    self.square = square
    self.aligned = aligned
  }

  /// What makes this no description of a crop, if anything does.
  public var problem: String? {
    Self.margins.contains(margin)
      ? nil : "a margin of \(margin); it must be \(Self.margins.lowerBound) to \(Self.margins.upperBound)"
  }
}

extension DetectedFace {
  /// The angle of the line through the eyes, in radians, positive where the eye at the right lies lower;
  /// `nil` without the usual five landmarks or with eyes in one place.
  public var tilt: Double? {
    guard landmarks.count == 5 else { return nil }
    let x = landmarks[1].x - landmarks[0].x
    let y = landmarks[1].y - landmarks[0].y
    guard x.isFinite, y.isFinite, x * x + y * y >= 1 else { return nil }
    return atan2(y, x)
  }
}

extension Image {
  /// The longest side of a face's picture; larger ones are sampled coarser.
  private static let largestFace = 2048.0

  /// The picture of one face; the picture's edge goes on beyond it.
  ///
  /// A face that is turned is sampled between pixels (bilinear), an upright one is copied. A box that is the
  /// whole picture gives the picture.
  ///
  /// - Throws: `ImageError.Reason.invalidSize` for a face that is none and where no pixel lies in its box.
  public func face(
    _ face: DetectedFace, cropping: FaceCropping = .init()
  ) throws(ImageError.Reason) -> Image {
    if let problem = face.problem { throw .invalidSize("cannot be cropped: the face \(problem)") }
    if let problem = cropping.problem { throw .invalidSize("cannot be cropped: \(problem)") }
    guard face.x < Double(width), face.y < Double(height), face.x + face.width > 0, face.y + face.height > 0
    else {
      throw .invalidSize(
        "has \(width) x \(height) pixels, none of them in the box of \(face.width) x \(face.height) at "
          + "\(face.x), \(face.y)")
    }
    let isWhole =
      face.x <= 0 && face.y <= 0 && face.x + face.width >= Double(width)
      && face.y + face.height >= Double(height)
    if isWhole, face.landmarks.isEmpty, cropping.margin == 0 { return self }
    return cut(FaceWindow(face, cropping))
  }

  private func cut(_ window: FaceWindow) -> Image {
    let scale = max(1, max(window.width, window.height) / Self.largestFace)
    let columns = max(1, Int((window.width / scale).rounded()))
    let rows = max(1, Int((window.height / scale).rounded()))
    if window.angle == 0, scale == 1 {
      return copied(
        left: Int((window.centerX - window.width / 2).rounded()),
        top: Int((window.centerY - window.height / 2).rounded()), columns, rows)
    }
    return sampled(window, columns, rows)
  }

  /// Positions are clamped to the picture before they become addresses.
  private func copied(left: Int, top: Int, _ columns: Int, _ rows: Int) -> Image {
    let sources = (0..<columns).map { max(0, min(width - 1, left + $0)) * channels }
    let size = columns * rows * channels
    let result = [UInt8](unsafeUninitializedCapacity: size) { target, count in
      samples.withUnsafeBufferPointer { source in
        var to = 0
        for row in 0..<rows {
          let start = max(0, min(height - 1, top + row)) * width * channels
          for column in sources {
            for channel in 0..<channels { target[to + channel] = source[start + column + channel] }
            to += channels
          }
        }
      }
      count = size
    }
    return Image(unchecked: columns, rows, color, result)
  }

  /// Bilinear samples at the centres of a turned grid; positions are clamped as above.
  private func sampled(_ window: FaceWindow, _ columns: Int, _ rows: Int) -> Image {
    let step = (x: window.width / Double(columns), y: window.height / Double(rows))
    let (sine, cosine) = (sin(window.angle), cos(window.angle))
    let size = columns * rows * channels
    let result = [UInt8](unsafeUninitializedCapacity: size) { target, count in
      samples.withUnsafeBufferPointer { source in
        var to = 0
        for row in 0..<rows {
          let v = (Double(row) + 0.5) * step.y - window.height / 2
          for column in 0..<columns {
            let u = (Double(column) + 0.5) * step.x - window.width / 2
            let x = max(0, min(Double(width - 1), window.centerX + u * cosine - v * sine - 0.5))
            let y = max(0, min(Double(height - 1), window.centerY + u * sine + v * cosine - 0.5))
            let left = Int(x)
            let top = Int(y)
            let right = min(width - 1, left + 1)
            let bottom = min(height - 1, top + 1)
            let (fx, fy) = (x - Double(left), y - Double(top))
            for channel in 0..<channels {
              func at(_ x: Int, _ y: Int) -> Double { Double(source[(y * width + x) * channels + channel]) }
              let upper = at(left, top) * (1 - fx) + at(right, top) * fx
              let lower = at(left, bottom) * (1 - fx) + at(right, bottom) * fx
              target[to + channel] = UInt8((upper * (1 - fy) + lower * fy).rounded())
            }
            to += channels
          }
        }
      }
      count = size
    }
    return Image(unchecked: columns, rows, color, result)
  }
}

/// The part of a picture that a face's picture shows: a rectangle turned about its centre.
struct FaceWindow {
  var centerX: Double
  var centerY: Double
  var width: Double
  var height: Double
  /// Radians, positive clockwise in a picture whose rows go down.
  var angle: Double

  init(_ face: DetectedFace, _ cropping: FaceCropping) {
    centerX = face.x + face.width / 2
    centerY = face.y + face.height / 2
    width = face.width
    height = face.height
    if cropping.square {
      width = max(width, height)
      height = width
    }
    width = max(1, width * (1 + 2 * cropping.margin))
    height = max(1, height * (1 + 2 * cropping.margin))
    angle = cropping.aligned ? face.tilt ?? 0 : 0
    // Less than a pixel at the edge of the picture.
    if abs(angle) * max(width, height) < 1 { angle = 0 }
  }
}
