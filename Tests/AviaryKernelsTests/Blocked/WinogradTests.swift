import AviaryKernels
import Testing

/// Winograd's tiles against the definition. With 1 thread every thread takes groups of tiles through all
/// steps; with more, and few tiles, the threads share each step: results must not tell.
@Suite struct WinogradTests {
  private func geometry(_ random: inout RandomPlanes, largest: Int) -> ConvGeometry {
    random.geometry(
      random.window(
        largest: largest, kernels: 3...3, strides: 1...1, dilations: 1...1, pads: 0...2))
  }

  @Test(arguments: [2, 4], 0..<50) func smallImages(tile: Int, seed: Int) throws {
    var random = RandomPlanes(seed: 5000 + seed)
    let geometry = geometry(&random, largest: 15)
    try BlockedCase(geometry, activation: random.activation(), parts: random.parts(), seed: seed)
      .check(.winograd(tile: tile))
  }

  /// Enough tiles for several groups of them for each thread.
  @Test(arguments: [2, 4], 0..<8) func manyTiles(tile: Int, seed: Int) throws {
    var random = RandomPlanes(seed: 6000 + seed)
    let side = 21 * tile + seed % 4
    let axis = WindowAxis(
      input: side + 2 - 2 * (seed % 3), output: side, kernel: 3, padBegin: seed % 3, padEnd: seed % 3)
    let geometry = ConvGeometry(
      batch: seed % 2 + 1, groups: 1, inputChannels: random.pick(1...9), outputChannels: random.pick(1...20),
      axes: [axis, axis])
    try BlockedCase(geometry, activation: random.activation(), parts: random.parts(), seed: seed)
      .check(.winograd(tile: tile))
  }

  @Test(arguments: [2, 4]) func deepSums(tile: Int) throws {
    let axis = WindowAxis(input: 9, output: 9, kernel: 3, padBegin: 1, padEnd: 1)
    let geometry = ConvGeometry(
      batch: 1, groups: 1, inputChannels: 520, outputChannels: 24, axes: [axis, axis])
    try BlockedCase(geometry, seed: 3).check(.winograd(tile: tile))
  }
}
