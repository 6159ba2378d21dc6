import AviaryKernels
import CSIMD
import Testing

@Suite struct PeakSpeedTests {
  @Test(arguments: availableSets)
  func countsWhatTheLoopDoes(set: String) {
    let one = aviary_peak_run(set, 1)
    #expect(one > 0)
    #expect(aviary_peak_run(set, 10) == 10 * one)
    // Any processor since 2005 does a billion operations a second.
    #expect(PeakSpeed.singlePrecision(threads: 1, set: set) > 1)
  }

  @Test func anUnknownSetHasNone() {
    #expect(aviary_peak_run("none", 5) == 0)
    #expect(PeakSpeed.singlePrecision(threads: 1, set: "none") == 0)
  }
}
