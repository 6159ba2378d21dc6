import Aviary
import Foundation
import TestSupport
import Testing

/// What follows the colon of a detector, and what is said where files are missing.
@Suite struct DetectorArgumentTests {
  private static let missing = "/nowhere/weights.onnx"

  /// (detector, what the message must say)
  @Test(arguments: [
    ("yunet:\(missing)", "no such file"), ("yunet:a.onnx,b.onnx", "second file"),
    ("yunet:score=2", "score=2"), ("yunet:score=high", "score=high"), ("yunet:score=nan", "score=nan"),
    ("yunet:colour=1", "no option 'colour'"), ("yunet:score=0.5,score=0.6", "twice"),
    ("mtcnn:/etc/hostname", "give the folder"), ("mtcnn:/etc", "has no pnet.onnx"),
    ("mtcnn:min=1", "min=1"), ("ultraface:\(missing)", "no such file"),
    ("haar:\(missing)", "no such file"), ("haar:neighbors=-1", "neighbors=-1"), ("haar:scale=1", "scale=1"),
    ("auto:x=1", "no option 'x'"), ("nobody", "known are auto, haar, mtcnn, none, ultraface, yunet"),
  ])
  func refused(_ text: String, _ message: String) throws {
    let registry = try BuiltinPlugins.registry()
    let error = #expect(throws: DetectionError.self) { try registry.detector(text) }
    #expect("\(error.map(String.init(describing:)) ?? "")".contains(message), "\(String(describing: error))")
  }

  /// A network of another kind is told by its outputs.
  @Test func anotherNetworkIsRefused() throws {
    let model = Locations.root.appendingPathComponent("Zoo/fer-cnn-bn/model.onnx").path
    for detector in ["yunet", "ultraface"] {
      let error = #expect(throws: DetectionError.self) {
        try BuiltinPlugins.registry().detector("\(detector):\(model)")
      }
      let problem = error?.problem ?? ""
      #expect(problem.contains("another network") || problem.contains("cannot be used"))
    }
  }

  @Test func autoTakesTheBestAndSaysWhich() throws {
    guard let shared = Locations.shared else { return }
    let registry = try BuiltinPlugins.registry()
    let all = try registry.detector("auto:\(shared.path)/models/face")
    #expect(all.label == "yunet")
    #expect(registry.detectors.map(\.name).contains("auto"))
  }
}
