import Foundation
import TestSupport
import Testing

@testable import AviaryEvaluation

@Suite struct TarTests {
  struct Member: Decodable, Equatable {
    var name: String
    var text: String
  }

  static let folder = Locations.root.appendingPathComponent("Tests/AviaryPluginsTests/Fixtures")
  static let dialects = ["ustar.tar", "gnu.tar", "pax.tar"]

  private func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: Self.folder.appendingPathComponent(name)))
  }

  private func rightChecksum(_ archive: inout [UInt8], _ header: Int) {
    let field = (header + 148)..<(header + 156)
    archive.replaceSubrange(field, with: repeatElement(32, count: 8))
    let sum = archive[header..<(header + 512)].reduce(0) { $0 + Int($1) }
    let digits = Array(String(sum, radix: 8).utf8)
    archive.replaceSubrange(field, with: digits + [UInt8](repeating: 0, count: 8 - digits.count))
  }

  /// Python's tarfile reads the same members.
  @Test(arguments: dialects) func equalsTarfile(_ name: String) throws {
    let table = try JSONDecoder().decode(
      [String: [Member]].self, from: Data(contentsOf: Self.folder.appendingPathComponent("tar.json")))
    let archive = try TarArchive(Self.folder.appendingPathComponent(name).path)
    let found = try archive.members.map { member in
      let bytes = try archive.file.read(at: member.offset, count: member.count)
      return Member(name: member.name, text: String(decoding: bytes, as: UTF8.self))
    }
    #expect(found == table[name])
    #expect(found.count > 5)
  }

  @Test func treesSortByPathAndGoDown() throws {
    let tree = try FileTree(tar: Self.folder.appendingPathComponent("gnu.tar").path)
    #expect(tree.folders == ["train"])
    let train = tree.descending(into: "train")
    #expect(train.folders.contains("angry") && train.folders.contains("fröhlich"))
    let paths = train.entries.map { Array($0.path.utf8) }
    #expect(paths == paths.sorted { $0.lexicographicallyPrecedes($1) })
    let entry = try #require(train.entries.first { $0.path == "happy/2-again.jpg" })
    #expect(try entry.content.bytes() == [UInt8](repeating: UInt8(ascii: "x"), count: 512))
  }

  /// Cut anywhere: an error, or at a header's border a shorter archive; never members beyond the file.
  @Test(arguments: dialects) func truncated(_ name: String) throws {
    let whole = try bytes(name)
    let end = (whole.lastIndex { $0 != 0 } ?? 0) + 1
    let place = try TemporaryFolder()
    var refused = 0
    for length in stride(from: 1, to: end, by: 77) {
      try place.write("cut.tar", Array(whole[..<length]))
      do throws(DatasetError) {
        let archive = try TarArchive("\(place.path)/cut.tar")
        #expect(archive.members.allSatisfy { $0.offset + $0.count <= length })
      } catch {
        #expect(error.description.contains("cut.tar"))
        refused += 1
      }
    }
    #expect(refused > 20)
  }

  /// Seeded damage to headers whose checksum is made right again.
  @Test(arguments: dialects) func damaged(_ name: String) throws {
    let whole = try bytes(name)
    let headers = stride(from: 0, to: whole.count - 511, by: 512)
      .filter { whole[$0 + 257] == UInt8(ascii: "u") }
    // Name, size, type, link, prefix.
    let fields = [100, 124, 125, 130, 135, 156, 157, 345]
    let place = try TemporaryFolder()
    var state: UInt64 = 2013
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    for _ in 0..<300 {
      var bad = whole
      let header = headers[random(headers.count)]
      for _ in 0...random(3) { bad[header + fields[random(fields.count)]] = UInt8(random(256)) }
      rightChecksum(&bad, header)
      try place.write("bad.tar", bad)
      if let archive = try? TarArchive("\(place.path)/bad.tar") {
        #expect(archive.members.allSatisfy { $0.count >= 0 && $0.offset + $0.count <= bad.count })
      }
    }
  }

  @Test(arguments: [
    (124, Array("77777777777\0".utf8), "archive ends before"),
    (124, [0x80, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "size"),
    (124, [0xFF] + [UInt8](repeating: 0xFF, count: 11), "size"),
    (124, Array("9\0".utf8), "size"),
    (156, Array("S".utf8), "sparse"),
    (148, Array("0000000\0".utf8), "checksum"),
  ])
  func headersThatLie(_ offset: Int, _ field: [UInt8], _ problem: String) throws {
    var bad = try bytes("ustar.tar")
    // The second header is that of the first file.
    bad.replaceSubrange((512 + offset)..<(512 + offset + field.count), with: field)
    if offset != 148 { rightChecksum(&bad, 512) }
    let place = try TemporaryFolder()
    try place.write("lie.tar", bad)
    let error = #expect(throws: DatasetError.self) { try TarArchive("\(place.path)/lie.tar") }
    #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
  }

  @Test func notAnArchive() throws {
    let place = try TemporaryFolder()
    try place.write("page.tar", String(repeating: "<html>", count: 300))
    #expect(throws: DatasetError.self) { try TarArchive("\(place.path)/page.tar") }
    #expect(throws: DatasetError.self) { try TarArchive("\(place.path)/none.tar") }
    #expect(throws: DatasetError.self) { try TarArchive(place.path) }
  }
}
