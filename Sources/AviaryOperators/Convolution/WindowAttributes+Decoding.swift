import AviaryCore
import AviaryKernels

extension WindowAttributes {
  /// Decodes `strides`, `dilations`, `pads` and `auto_pad`.
  ///
  /// - Throws: `ImportError` (`invalidAttribute`).
  init(attributes: inout Attributes) throws(ImportError) {
    self.init()
    strides = try attributes.ints("strides") ?? []
    dilations = try attributes.ints("dilations") ?? []
    pads = try attributes.ints("pads") ?? []
    let names = ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]
    let name = try attributes.string("auto_pad", default: "NOTSET", among: names)
    autoPad = AutoPad(rawValue: name) ?? .notSet
  }
}
