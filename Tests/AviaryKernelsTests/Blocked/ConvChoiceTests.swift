import AviaryKernels
import Testing

/// Which rung a geometry gets.
@Suite struct ConvChoiceTests {
  struct Row: Sendable, CustomStringConvertible {
    let description: String
    let inputs: Int
    let outputs: Int
    let side: Int
    var kernel = 3
    var stride = 1
    var dilation = 1
    var groups = 1
    var isPlanar = false
    var allowsWinograd = true
    let algorithm: ConvAlgorithm
    /// Part of the reason.
    var reason = ""

    func conv(batch: Int) -> PlaneConv? {
      let covered = (kernel - 1) * dilation + 1
      let pad = covered / 2
      let output = (side + 2 * pad - covered) / stride + 1
      let axis = WindowAxis(
        input: side, output: output, kernel: kernel, stride: stride, dilation: dilation, padBegin: pad,
        padEnd: pad)
      return PlaneConv(
        ConvGeometry(
          batch: batch, groups: groups, inputChannels: inputs, outputChannels: outputs, axes: [axis, axis]))
    }
  }

  /// With 8 lanes, so that the table holds on every processor.
  static let rows = [
    Row(
      description: "ResNet stem", inputs: 3, outputs: 64, side: 224, kernel: 7, stride: 2, isPlanar: true,
      algorithm: .planar, reason: "3 channels in planes"),
    Row(
      description: "first 3 x 3", inputs: 1, outputs: 32, side: 48, isPlanar: true, algorithm: .planar,
      reason: "1 channels"),
    Row(
      description: "pointwise", inputs: 64, outputs: 256, side: 56, kernel: 1, algorithm: .direct),
    Row(
      description: "projection", inputs: 256, outputs: 512, side: 56, kernel: 1, stride: 2, algorithm: .direct,
      reason: "window is 1x1"),
    Row(
      description: "depthwise", inputs: 96, outputs: 96, side: 56, groups: 96, algorithm: .depthwise),
    Row(
      description: "depthwise with stride", inputs: 96, outputs: 96, side: 56, kernel: 5, stride: 2, groups: 96,
      algorithm: .depthwise),
    Row(
      description: "grouped", inputs: 128, outputs: 128, side: 28, groups: 4, algorithm: .direct,
      reason: "4 groups"),
    Row(
      description: "stride", inputs: 128, outputs: 128, side: 28, stride: 2, algorithm: .direct,
      reason: "stride above 1"),
    Row(
      description: "dilation", inputs: 128, outputs: 128, side: 28, dilation: 2, algorithm: .direct,
      reason: "dilation above 1"),
    Row(
      description: "5 x 5", inputs: 64, outputs: 64, side: 28, kernel: 5, algorithm: .direct, reason: "5x5"),
    Row(
      description: "ResNet stage 1", inputs: 64, outputs: 64, side: 56, algorithm: .winograd(tile: 4),
      reason: "estimated cycles"),
    Row(
      description: "ResNet stage 2", inputs: 128, outputs: 128, side: 28, algorithm: .winograd(tile: 4)),
    Row(
      description: "VGG", inputs: 512, outputs: 512, side: 28, algorithm: .winograd(tile: 4)),
    Row(
      description: "where precision forbids", inputs: 64, outputs: 64, side: 56, allowsWinograd: false,
      algorithm: .direct, reason: "precision"),
    Row(
      description: "few pixels", inputs: 512, outputs: 512, side: 6, algorithm: .winograd(tile: 2),
      reason: "estimated cycles"),
    Row(
      description: "fewer than a tile", inputs: 256, outputs: 256, side: 3, algorithm: .direct,
      reason: "estimated cycles"),
    Row(
      description: "one block, large image", inputs: 8, outputs: 8, side: 32, algorithm: .winograd(tile: 4)),
    Row(
      description: "one block, small image", inputs: 8, outputs: 8, side: 6, algorithm: .direct,
      reason: "estimated cycles"),
  ]

  @Test(arguments: rows) func table(row: Row) throws {
    let layout = BlockLayout(lanes: 8)
    var choices: [ConvAlgorithm] = []
    for batch in [1, 2, 7, 64] {
      let conv = try #require(row.conv(batch: batch))
      let choice = ConvChoice(
        conv, isPlanar: row.isPlanar, allowsWinograd: row.allowsWinograd, layout: layout)
      #expect(choice.algorithm == row.algorithm, "\(row): \(choice.reason)")
      #expect(row.reason.isEmpty || choice.reason.contains(row.reason), "\(choice.reason)")
      choices.append(choice.algorithm)
    }
    #expect(choices.allSatisfy { $0 == choices[0] }, "the choice depends on the batch")
  }

  /// Images alone and in a batch get the same numbers: nothing but the geometry of one image decides.
  @Test(arguments: [4, 8, 16]) func theBatchDoesNotMatter(lanes: Int) throws {
    for side in [1, 3, 4, 5, 7, 8, 14, 28] {
      for channels in [8, 16, 24, 64, 200] {
        let row = Row(description: "", inputs: channels, outputs: channels, side: side, algorithm: .direct)
        let choices = try [1, 3, 32].map { batch in
          ConvChoice(
            try #require(row.conv(batch: batch)), isPlanar: false, layout: BlockLayout(lanes: lanes)
          ).algorithm
        }
        #expect(choices.allSatisfy { $0 == choices[0] }, "\(side) \(channels)")
      }
    }
  }

  @Test func names() {
    #expect(ConvAlgorithm.winograd(tile: 4).name == "winograd F(4x4, 3x3)")
    #expect(ConvAlgorithm.planar.name == "first layer")
    #expect(ConvAlgorithm.direct.name == "direct")
    #expect(ConvAlgorithm.depthwise.name == "depthwise")
  }
}
