import AviaryImage

/// A look at some of the pictures of a trial: what would make no difference to them need not be tried.
struct PictureLook {
  private(set) var hasColour = false
  private(set) var needsResize = false
  private(set) var hasInputAspect = true
  /// Of samples 0...1 over all channels.
  private(set) var mean = 0.0
  private(set) var deviation = 1.0

  /// - Parameters:
  ///   - input: of the model that they are for.
  ///   - count: pictures to look at, from the first one on.
  /// - Throws: errors of reading pictures.
  init(_ pictures: LabelledPictures, input: Preprocessing, count wanted: Int) throws {
    var (sum, squares, count) = (0.0, 0.0, 0.0)
    for index in 0..<min(pictures.count, wanted) {
      let picture = try pictures.picture(index)
      let isSame = picture.width == input.width && picture.height == input.height
      needsResize = needsResize || !isSame
      if picture.width * input.height != picture.height * input.width { hasInputAspect = false }
      hasColour = hasColour || picture.hasColour
      for sample in picture.samples {
        sum += Double(sample) / 255
        squares += Double(sample) / 255 * Double(sample) / 255
      }
      count += Double(picture.samples.count)
    }
    if count > 0 {
      mean = sum / count
      deviation = max(1e-3, (squares / count - mean * mean).magnitude.squareRoot())
    }
  }
}

extension Image {
  /// Whether any pixel is not grey.
  fileprivate var hasColour: Bool {
    guard color == .rgb else { return false }
    for start in stride(from: 0, to: samples.count - 2, by: 3) {
      let red = samples[start]
      if red != samples[start + 1] || red != samples[start + 2] { return true }
    }
    return false
  }
}
