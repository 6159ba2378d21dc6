import AviaryImage
import Foundation
import TestSupport
import Testing

/// Films that others wrote (make_films.py), and what becomes of damaged ones.
@Suite struct VideoTests {
  private static let folder = Locations.root.appendingPathComponent("Tests/AviaryImageTests/Films")
  private static let greys = [20, 30, 40, 50, 60, 70]

  private func path(_ name: String) -> String { Self.folder.appendingPathComponent(name).path }

  private func written(_ name: String, _ bytes: [UInt8]) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("film-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appendingPathComponent(name)
    try Data(bytes).write(to: file)
    return file.path
  }

  /// The mean of each frame; -1 for a damaged one.
  private func means(_ reader: VideoReader) -> [Int] {
    reader.map { frame in
      guard case .success(let image) = frame.image else { return -1 }
      return Int((Double(image.samples.reduce(0) { $0 + Int($1) }) / Double(image.samples.count)).rounded())
    }
  }

  private func close(_ a: [Int], _ b: [Int]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 2 }
  }

  @Test func readsAVI() throws {
    let reader = try VideoReader(path: path("film.avi"))
    #expect(reader.framesPerSecond == 12.5)
    let frames = Array(reader)
    #expect(frames.map(\.index) == [0, 1, 2, 3, 4, 5])
    #expect(frames.map(\.seconds) == [0, 0.08, 0.16, 0.24, 0.32, 0.4])
    #expect(close(means(try VideoReader(path: path("film.avi"))), Self.greys))
    guard case .success(let image) = frames[0].image else { return }
    #expect(image.width == 64 && image.height == 48)
  }

  /// Comments and thumbnails hold what looks like the ends of frames.
  @Test func readsMJPEG() throws {
    #expect(close(means(try VideoReader(path: path("film.mjpeg"))), Self.greys))
  }

  @Test func damagedFramesAreReportedAndSkipped() throws {
    let found = means(try VideoReader(path: path("damaged.mjpeg")))
    let good = found.filter { $0 >= 0 }
    #expect(found.contains(-1))
    // Whole frames before, between and after the damage are all there.
    for grey in [20, 30, 50] { #expect(good.contains { abs($0 - grey) <= 2 }, "\(grey) of \(found)") }
    // What was cut is not there, and no thumbnail passes for a frame.
    #expect(good.allSatisfy { $0 > 15 })
    #expect(!good.contains { abs($0 - 70) <= 2 })
    let names = try VideoReader(path: path("damaged.mjpeg")).compactMap { frame -> String? in
      if case .failure(let error) = frame.image { return "\(error)" }
      return nil
    }
    #expect(names.allSatisfy { $0.contains("damaged.mjpeg: frame ") })
  }

  @Test func rateAndLimits() throws {
    var options = VideoOptions()
    options.framesPerSecond = 50
    options.maximumFrames = 3
    #expect(
      try Array(VideoReader(path: path("film.mjpeg"), options: options)).map(\.seconds) == [0, 0.02, 0.04])
    #expect(try VideoReader(path: path("film.avi"), options: options).framesPerSecond == 12.5)
    options.overridesRate = true
    #expect(try VideoReader(path: path("film.avi"), options: options).framesPerSecond == 50)
    options.maximumFrameBytes = 100
    #expect(means(try VideoReader(path: path("film.avi"), options: options)) == [-1, -1, -1])
    options.maximumFrameBytes = 64 << 20
    options.decoding.maxPixels = 100
    #expect(means(try VideoReader(path: path("film.avi"), options: options)) == [-1, -1, -1])
  }

  @Test func foldersAreReadByNumber() throws {
    let jpeg = try [UInt8](Data(contentsOf: Self.folder.appendingPathComponent("film.mjpeg")))
    let first = try written("frame10.jpg", Array(jpeg))
    let folder = URL(fileURLWithPath: first).deletingLastPathComponent()
    for name in ["frame9.jpg", "frame010.jpg", "notes.txt", ".hidden.jpg"] {
      try Data(jpeg).write(to: folder.appendingPathComponent(name))
    }
    let reader = try VideoReader(path: folder.path)
    #expect(reader.count == 3)
    let names = reader.map { URL(fileURLWithPath: $0.name).lastPathComponent }
    #expect(names.first == "frame9.jpg")
    #expect(Set(names) == ["frame9.jpg", "frame10.jpg", "frame010.jpg"])
  }

  @Test func whatIsNoFilmIsRefused() throws {
    let film = try [UInt8](Data(contentsOf: Self.folder.appendingPathComponent("film.avi")))
    let other = film.map { $0 }
    let cases: [(String, [UInt8], String)] = [
      ("empty", [], "is empty"), ("text", Array("hello, world".utf8), "neither a folder"),
      ("wave", Array("RIFF\u{4}\0\0\0WAVE".utf8), "neither a folder"),
      ("headers only", Array(other.prefix(200)), "AVI file without"),
      ("no frames", Array(other.prefix(12)), "AVI file without"),
    ]
    for (name, bytes, message) in cases {
      let file = try written(name, bytes)
      let error = #expect(throws: ImageError.self, "\(name)") { try VideoReader(path: file) }
      #expect("\(error.map(String.init(describing:)) ?? "")".contains(message), "\(name)")
    }
    #expect(throws: ImageError.self) { try VideoReader(path: "/nowhere/film.avi") }
    let empty = FileManager.default.temporaryDirectory.appendingPathComponent("empty-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
    #expect(throws: ImageError.self) { try VideoReader(path: empty.path) }
  }

  /// The last frame of a film that was cut is damaged, the others are there.
  @Test func cutFilmsAreReadAsFarAsTheyGo() throws {
    let film = try [UInt8](Data(contentsOf: Self.folder.appendingPathComponent("film.avi")))
    // The index follows the frames: a hundred bytes before it is in the midst of the last one.
    let name = Array("idx1".utf8)
    let index = try #require((0..<film.count - 4).last { Array(film[$0..<$0 + 4]) == name })
    let found = means(try VideoReader(path: try written("cut.avi", Array(film.prefix(index - 100)))))
    #expect(close(Array(found.prefix(5)), Array(Self.greys.prefix(5))))
    #expect(found.last == -1)
  }

  @Test(arguments: ["film.avi", "film.mjpeg"])
  func mutationsDoNoHarm(_ name: String) throws {
    var mutator = Mutator(try [UInt8](Data(contentsOf: Self.folder.appendingPathComponent(name))), seed: 11)
    for _ in 0..<Mutator.count(short: 60) {
      let file = try written(name, mutator.next())
      defer { try? FileManager.default.removeItem(atPath: file) }
      do throws(ImageError) {
        #expect(try VideoReader(path: file).reduce(0) { count, _ in count + 1 } < 1000)
      } catch {}
    }
  }
}
