import AviaryImage
import AviaryZoo

/// A change of pictures under which a model should say the same.
public struct PictureChange: Sendable {
  /// What it is asked for by.
  public let name: String
  /// With its strength; tells it from the same change of another strength.
  public let title: String
  let change: Dataset.ImageChange

  init(_ name: String, _ title: String, _ change: @escaping Dataset.ImageChange) {
    self.name = name
    self.title = title
    self.change = change
  }

  /// All of them. Lengths go by the shorter side of the picture (one pixel of 48), and what is random by the
  /// sample's id: the same on every machine and every time.
  public static let all: [PictureChange] = [
    PictureChange("mirror", "mirror") { image, _ in image.mirrored },
    PictureChange("brighter", "brightness x1.4") { image, _ in image.brightened(by: 1.4) },
    PictureChange("darker", "brightness x0.6") { image, _ in image.brightened(by: 0.6) },
    PictureChange("contrast", "contrast x0.5") { image, _ in image.contrasted(by: 0.5) },
    PictureChange("noise", "Gaussian noise 12") { image, id in
      var generator = SplitMix64(state: seed(id))
      return image.adding { 12 * generator.normal() }
    },
    PictureChange("blur", "blur 1/48") { image, _ in
      image.blurred(sigma: Double(min(image.width, image.height)) / 48)
    },
    PictureChange("jpeg", "JPEG quality 20") { image, _ throws(ImageError.Reason) in
      try image.asJPEG(quality: 20)
    },
    PictureChange("occlusion", "occlusion 1/16") { image, id in
      var generator = SplitMix64(state: seed(id))
      let (width, height) = (max(1, image.width / 4), max(1, image.height / 4))
      let x = Int(generator.uniform() * Double(image.width - width + 1))
      let y = Int(generator.uniform() * Double(image.height - height + 1))
      return image.covered(x: x, y: y, width: width, height: height)
    },
    PictureChange("resolution", "resolution 1/2") { image, _ throws(ImageError.Reason) in
      try image.coarsened(by: 2)
    },
  ]

  /// FNV-1a of the id (G. Fowler, L. C. Noll, K.-P. Vo).
  private static func seed(_ id: String) -> UInt64 {
    id.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
}

extension Dataset {
  /// The same samples with pictures under a change.
  public func changed(_ change: PictureChange) -> Dataset { changed(change.title, change.change) }
}
