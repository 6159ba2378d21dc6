import Aviary
import TestSupport
import Testing

/// The README's example, on what ships.
@Suite struct ReadmeTests {
  private static let samples = Locations.root.appendingPathComponent("Zoo/samples/drawn-faces")
  private static let model = Locations.root.appendingPathComponent("Zoo/fer-cnn-bn").path

  @Test func aPictureGetsItsLabel() throws {
    let model = try Model(Self.model)
    let face = try Image(contentsOf: Self.samples.appendingPathComponent("happy/000.png").path)
    let guesses = try model.classify(face)
    #expect(guesses.count == 7)
    #expect(guesses.first?.label == "happy")
  }

  @Test func aTensorGetsItsScores() throws {
    let network = try Model(Self.model)
    let input = try Tensor([Float](repeating: 0, count: 48 * 48), shape: Shape([1, 1, 48, 48]))
    let scores = try #require(try network.run(["input": input])["probabilities"]?.array(of: Float.self))
    #expect(scores.count == 7)
    #expect(abs(scores.reduce(0, +) - 1) < 1e-5)
  }
}
