import Aviary
import Testing

@testable import AviaryZoo

@Suite struct ContractTests {
  static func contract(
    _ dims: [Extent], classes: Extent = 3, _ change: (inout ContractOverrides) -> Void = { _ in }
  ) throws(ZooError) -> ModelContract {
    var overrides = ContractOverrides()
    change(&overrides)
    return try ModelContract(
      model: "m.onnx", inputs: [.init(name: "x", type: .tensor(.float, SymbolicShape(dims)))],
      outputs: [.init(name: "y", type: .tensor(.float, SymbolicShape([.symbol("n"), classes])))],
      manifest: nil, overrides: overrides)
  }

  /// (declared input, layout, width, height, channels)
  static let shapes: [([Extent], Preprocessing.Layout, Int, Int, Preprocessing.Channels)] = [
    ([.symbol("n"), 1, 48, 64], .nchw, 64, 48, .grey), ([.unknown, 3, 112, 112], .nchw, 112, 112, .rgb),
    ([.symbol("n"), 48, 64, 1], .nhwc, 64, 48, .grey), ([1, 224, 224, 3], .nhwc, 224, 224, .rgb),
    ([.symbol("n"), 3, 5, 3], .nchw, 3, 5, .rgb),
  ]

  @Test(arguments: shapes)
  func guessesFromTheShape(
    dims: [Extent], layout: Preprocessing.Layout, width: Int, height: Int, channels: Preprocessing.Channels
  ) throws {
    let contract = try Self.contract(dims)
    #expect(contract.input.layout == layout && contract.input.channels == channels)
    #expect(contract.input.width == width && contract.input.height == height)
    #expect(contract.batch == dims[0].value)
    #expect(contract.labels == nil && contract.outputKind == nil && contract.classes == 3)
    #expect(contract.guesses.contains { $0.contains("--scale") })
  }

  /// (declared input, what the message must ask for)
  static let unclear: [([Extent], String)] = [
    ([.symbol("n"), 1, .symbol("h"), .symbol("w")], "--size"), ([.symbol("n"), 5, 48, 48], "--layout"),
    ([.symbol("n"), 48], "4 axes"), ([], "4 axes"),
  ]

  @Test(arguments: unclear)
  func asksForWhatItCannotGuess(dims: [Extent], message: String) {
    let error = #expect(throws: ZooError.self) { try Self.contract(dims) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    #expect(error?.description.hasPrefix("m.onnx") == true)
  }

  @Test func openSizeIsGivenByTheUser() throws {
    let contract = try Self.contract([.symbol("n"), 3, .symbol("h"), .symbol("w")]) {
      $0.size = (320, 240)
      $0.channels = .bgr
      $0.kernel = .nearest
      $0.labels = ["a", "b", "c"]
    }
    #expect(contract.input.width == 320 && contract.input.height == 240 && contract.input.channels == .bgr)
    #expect(contract.input.resize?.kernel == .nearest && contract.input.resize?.antialias == false)
  }

  @Test func optionsMayNotContradictTheGraph() {
    let changes: [(inout ContractOverrides) -> Void] = [
      { $0.size = (48, 32) }, { $0.channels = .rgb }, { $0.layout = .nhwc }, { $0.labels = ["a", "b"] },
      { $0.labels = ["a", "b", "b"] }, { $0.std = [0] }, { $0.mean = [0, 0] }, { $0.kernel = .lanczos },
    ]
    for change in changes {
      #expect(throws: ZooError.self) { try Self.contract([.symbol("n"), 1, 48, 48], change) }
    }
  }
}
