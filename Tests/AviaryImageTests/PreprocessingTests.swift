import Foundation
import Testing

@testable import AviaryImage

@Suite struct PreprocessingTests {
  struct Case: Decodable {
    var file: String
    var input: Preprocessing
    var values: Data
  }

  /// Pillow, torchvision and numpy, composed as a training script would.
  @Test func wholeDescriptions() throws {
    let cases: [Case] = try Fixtures.json("preprocess.json")
    #expect(cases.count == 22)
    for (number, item) in cases.enumerated() {
      let values = try item.input(Image(contentsOf: Fixtures.path(item.file)))
      #expect(values.count == item.input.count)
      // Values after division by std are near 2; floats differ by the order of operations.
      let difference = largestDifference(values, item.values.floats)
      #expect(difference < (item.input.resize?.round == false ? 2e-5 : 1e-6), "case \(number), \(item.file)")
    }
  }

  /// TensorFlow's tf.image.per_image_standardization.
  @Test func standardizedPictures() throws {
    let cases: [Case] = try Fixtures.json("standardized.json")
    #expect(cases.count == 6)
    for (number, item) in cases.enumerated() {
      let values = try item.input(Image(contentsOf: Fixtures.path(item.file)))
      #expect(largestDifference(values, item.values.floats) < 1e-5, "case \(number), \(item.file)")
      let coded = try JSONEncoder().encode(item.input)
      #expect(try JSONDecoder().decode(Preprocessing.self, from: coded) == item.input)
    }
  }

  /// Resized samples that are not rounded go another way, to the same numbers.
  @Test func standardizedWithoutRounding() throws {
    var input = try Preprocessing(
      layout: .nchw, width: 20, height: 9, channels: .bgr,
      resize: .init(kernel: .bilinear, antialias: true, round: false), scale: 1 / 255, standardize: .channel,
      mean: [0], std: [1])
    let image = try Image(contentsOf: Fixtures.path("png_c2_d8.png"))
    let values = try input(image)
    input.standardize = nil
    let plain = try input(image)
    for channel in 0..<3 {
      let part = plain[(channel * 180)..<((channel + 1) * 180)].map(Double.init)
      let mean = part.reduce(0, +) / 180
      let deviation = (part.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 180).squareRoot()
      for (index, value) in part.enumerated() {
        #expect(abs(Double(values[channel * 180 + index]) - (value - mean) / deviation) < 1e-5)
      }
    }
  }

  @Test func writesOneSliceOfABatch() throws {
    let item = try #require(try Fixtures.json("preprocess.json", as: [Case].self).first)
    let image = try Image(contentsOf: Fixtures.path(item.file))
    let count = item.input.count
    var batch = [Float](repeating: -7, count: 3 * count)
    try batch.withUnsafeMutableBufferPointer { buffer in
      try item.input.write(image, into: UnsafeMutableBufferPointer(rebasing: buffer[count..<(2 * count)]))
      #expect(throws: ImageError.Reason.self) { try item.input.write(image, into: buffer) }
    }
    #expect(batch[..<count].allSatisfy { $0 == -7 } && batch[(2 * count)...].allSatisfy { $0 == -7 })
    #expect(Array(batch[count..<(2 * count)]) == (try item.input(image)))
    #expect(item.input.shape(batch: 3) == [3, 1, 12, 12])
  }

  @Test func survivesCoding() throws {
    for item in try Fixtures.json("preprocess.json", as: [Case].self) {
      let coded = try JSONEncoder().encode(item.input)
      #expect(try JSONDecoder().decode(Preprocessing.self, from: coded) == item.input)
    }
  }

  @Test func withoutAResizeTheSizeMustFit() throws {
    let input = try Preprocessing(
      layout: .nchw, width: 5, height: 5, channels: .rgb, scale: 1, mean: [0], std: [1])
    let image = try Image(contentsOf: Fixtures.path("png_c2_d8.png"))
    #expect(throws: ImageError.Reason.self) { try input(image) }
    let cropped = try Preprocessing(
      layout: .nhwc, width: 5, height: 5, channels: .rgb, crop: .init(width: 5, height: 5), scale: 1,
      mean: [0], std: [1])
    let shortest = try Preprocessing(
      layout: .nhwc, width: 5, height: 5, channels: .rgb,
      resize: .init(kernel: .bilinear, antialias: true, mode: .shortestSide, size: 5), scale: 1, mean: [0],
      std: [1])
    #expect(throws: ImageError.Reason.self) { try shortest(image) }
    #expect(try cropped(image) == image.centerCropped(width: 5, height: 5).samples.map(Float.init))
  }

  static let good = #"""
    {"name":"input","layout":"NCHW","width":48,"height":40,"channels":"rgb",
    "resize":{"kernel":"bicubic","antialias":true,"mode":"stretch","size":64,"round":true},
    "crop":{"width":48,"height":40},"scale":0.5,"mean":[0.5],"std":[0.5,0.25,0.125]}
    """#

  @Test(arguments: [
    (#""name""#, #""nmae""#, "nmae"),
    (#""antialias":true"#, #""antialias":true,"antialiasing":true"#, "resize.antialiasing"),
    (#""width":48,"height":40},"#, #""width":48,"height":40,"top":1},"#, "crop.top"),
    (#"{"width":48,"#, #"{"width":47,"#, "crop"),
    (#""NCHW","width":48"#, #""NCHW","width":0"#, "width"),
    (#""NCHW","width":48"#, #""NCHW","width":9223372036854775807"#, "width"),
    (#""scale":0.5"#, #""scale":0"#, "scale"),
    ("[0.5,0.25,0.125]", "[0.5,0.25]", "std"),
    ("[0.5,0.25,0.125]", "[0.5,0,1]", "std"),
    (#""mean":[0.5]"#, #""mean":[]"#, "mean"),
    (#""size":64"#, #""size":-1"#, "resize.size"),
    (#""stretch""#, #""letterbox""#, "resize.size"),
    (#""bicubic","antialias":true"#, #""lanczos","antialias":false"#, "resize.kernel"),
  ])
  func refusesImpossibleDescriptions(_ part: String, _ replacement: String, _ field: String) throws {
    #expect(throws: Never.self) { try JSONDecoder().decode(Preprocessing.self, from: Data(Self.good.utf8)) }
    let bad = Self.good.replacingOccurrences(of: part, with: replacement)
    #expect(bad != Self.good)
    let error = #expect(throws: PreprocessingError.self) {
      try JSONDecoder().decode(Preprocessing.self, from: Data(bad.utf8))
    }
    #expect(error?.field == field)
  }

  @Test(arguments: [
    (#""NCHW""#, #""NCWH""#), (#""rgb""#, #""rbg""#), (#""bicubic""#, #""cubic""#),
    (#""layout":"NCHW","#, ""),
  ])
  func refusesUnknownNames(_ part: String, _ replacement: String) {
    let bad = Self.good.replacingOccurrences(of: part, with: replacement)
    #expect(bad != Self.good)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Preprocessing.self, from: Data(bad.utf8))
    }
  }
}
