import Aviary
import Foundation
import TestSupport
import Testing

/// Files of cascades, good and bad.
@Suite struct CascadeTests {
  private static let frontal = "/usr/share/opencv4/haarcascades/haarcascade_frontalface_default.xml"

  /// A cascade of one stage that takes every window whose upper half is brighter than its lower one.
  private static func xml(
    width: String = "8", stages: String? = nil, nodes: String = "0 -1 0 0.", leaves: String = "-1. 1.",
    rects: [String] = ["0 0 8 8 -1.", "0 0 8 4 2."], tilted: String = "", type: String = "HAAR"
  ) -> String {
    let stage = """
      <_><maxWeakCount>1</maxWeakCount><stageThreshold>0.5</stageThreshold><weakClassifiers><_>
      <internalNodes>\(nodes)</internalNodes><leafValues>\(leaves)</leafValues></_></weakClassifiers></_>
      """
    return """
      <?xml version="1.0"?>
      <opencv_storage><cascade type_id="opencv-cascade-classifier"><stageType>BOOST</stageType>
      <featureType>\(type)</featureType><height>8</height><width>\(width)</width><stageNum>1</stageNum>
      <stages>\(stages ?? stage)</stages>
      <features><_><rects>\(rects.map { "<_>\($0)</_>" }.joined())</rects>\(tilted)</_></features>
      </cascade></opencv_storage>
      """
  }

  private static func older(next: String = "-1", left: String = "<left_val>-1.</left_val>", node: String = "")
    -> String
  {
    """
    <opencv_storage><mine type_id="opencv-haar-classifier"><size>8 8</size><stages><_><trees><_>
    <_><feature><rects><_>0 0 8 8 -1.</_><_>0 0 8 4 2.</_></rects><tilted>0</tilted></feature>
    <threshold>0.</threshold>\(left)<right_val>1.</right_val></_>\(node)
    </_></trees><stage_threshold>0.5</stage_threshold><parent>-1</parent><next>\(next)</next></_></stages>
    </mine></opencv_storage>
    """
  }

  private func detector(_ xml: String, _ options: String = "") throws -> any FaceDetector {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cascade-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("c.xml")
    try Data(xml.utf8).write(to: file)
    return try BuiltinPlugins.registry().detector("haar:\(file.path)\(options)")
  }

  /// White above black: windows of 8 x 8 that the edge crosses pass, here and nowhere else.
  private static let edge = Image(
    width: 32, height: 32, color: .grey, samples: (0..<1024).map { $0 < 512 ? 200 : 20 })

  @Test func scansWindowsAsTheDefinitionSays() throws {
    let image = try #require(Self.edge)
    for xml in [Self.xml(), Self.older()] {
      let faces = try detector(xml, ",neighbors=0,min=8,max=8,side=0").detect(image)
      // The step is two pixels at the first size; a window after a rejected one is left out.
      let expected = slow(image)
      #expect(Set(faces.map { "\($0.x),\($0.y)" }) == expected)
      #expect(faces.allSatisfy { $0.width == 8 && $0.height == 8 })
      #expect(!expected.isEmpty)
    }
  }

  /// The scan, written out: mean and deviation of the inner window, one feature.
  private func slow(_ image: Image) -> Set<String> {
    var found = Set<String>()
    for y in stride(from: 0, through: 24, by: 2) {
      var x = 0
      while x <= 24 {
        func sum(_ rows: Range<Int>, _ columns: Range<Int>, _ square: Bool = false) -> Double {
          rows.reduce(0.0) { total, row in
            columns.reduce(total) {
              let value = Double(image.samples[(y + row) * 32 + x + $1])
              return $0 + (square ? value * value : value)
            }
          }
        }
        let spread = 36 * sum(1..<7, 1..<7, true) - sum(1..<7, 1..<7) * sum(1..<7, 1..<7)
        let value = 2 * sum(0..<4, 0..<8) - sum(0..<8, 0..<8)
        let isFlat = spread <= 0
        if !isFlat, value / spread.squareRoot() >= 0 { found.insert("\(Double(x)),\(Double(y))") }
        x += !isFlat && value / spread.squareRoot() < 0 ? 4 : 2
      }
    }
    return found
  }

  /// (what is wrong, file, what the message must say)
  static let broken: [(String, String, String)] = [
    ("empty", "", "empty"), ("text", "hello", "no well-formed XML"),
    ("other XML", "<html></html>", "no cascade"),
    ("other object", "<opencv_storage><a type_id=\"x\"/></opencv_storage>", "holds a 'x'"),
    ("nothing inside", "<opencv_storage></opencv_storage>", "no cascade"),
    ("cut", String(xml().prefix(300)), "no well-formed XML"), ("LBP", xml(type: "LBP"), "LBP"),
    ("no width", xml(width: ""), "'width'"), ("text for a width", xml(width: "wide"), "'width'"),
    ("a huge width", xml(width: "1000000000"), "window of"),
    ("a negative width", xml(width: "-8"), "window of"),
    ("a width beyond all", xml(width: "1e300"), "whole number"),
    ("not a number", xml(width: "nan"), "whole number"),
    ("no stages", xml(stages: ""), "0 stages"),
    ("a stage without parts", xml(stages: "<_></_>"), "weakClassifiers"),
    ("wrong feature", xml(nodes: "0 -1 1 0."), "feature 1 of 1"),
    ("negative feature", xml(nodes: "0 -1 -1 0."), "feature -1 of 1"),
    ("a leaf too many", xml(nodes: "0 -2 0 0."), "leads to -2"), ("no leaves", xml(leaves: ""), "leads to 0"),
    ("a loop", xml(nodes: "1 -1 0 0."), "leads to 1"),
    ("three numbers a node", xml(nodes: "0 -1 0"), "four a node"),
    ("infinite leaf", xml(leaves: "inf 1."), "no number"),
    ("a rectangle outside", xml(rects: ["0 0 9 8 -1."]), "reaches out"),
    ("a rectangle before", xml(rects: ["-1 0 8 8 -1."]), "reaches out"),
    ("an empty rectangle", xml(rects: ["0 0 0 8 -1."]), "reaches out"),
    ("a rectangle that overflows", xml(rects: ["1000000000 0 1000000000 8 1."]), "reaches out"),
    ("a tilted rectangle outside", xml(rects: ["4 0 5 5 1."], tilted: "<tilted>1</tilted>"), "reaches out"),
    ("no rectangles", xml(rects: []), "0 rectangles"),
    ("four numbers", xml(rects: ["0 0 8 8"]), "five numbers"),
    ("four rectangles", xml(rects: Array(repeating: "0 0 8 8 1.", count: 4)), "4 rectangles"),
    ("deep nesting", String(repeating: "<a>", count: 100_000), "nests more than"),
    (
      "entities", "<!DOCTYPE a [<!ENTITY b \"c\">]><opencv_storage>&b;</opencv_storage>", "document type"
    ),
    ("a branch of stages", older(next: "1"), "branches"),
    ("a node that leads back", older(left: "<left_node>0</left_node>"), "leads back"),
    ("a node that is not there", older(left: "<left_node>7</left_node>"), "leads to 7"),
  ]

  @Test(arguments: broken)
  func brokenFilesAreRefused(_ name: String, _ xml: String, _ message: String) {
    let error = #expect(throws: DetectionError.self, "\(name)") { try detector(xml) }
    #expect(error?.problem.contains(message) == true, "\(name): \(String(describing: error))")
  }

  /// Damaged copies of a real file are refused or work; nothing traps.
  @Test func damagedFilesDoNoHarm() throws {
    guard let bytes = FileManager.default.contents(atPath: Self.frontal) else {
      print("cascades: damaged files were not tried: opencv-data is not installed")
      return
    }
    // Without the licence in front, so that damage meets numbers.
    let text = String(decoding: bytes, as: UTF8.self)
    let start = text.range(of: "<opencv_storage>")?.lowerBound ?? text.startIndex
    var mutator = Mutator(Array(text[start...].utf8), seed: 6)
    let image = try #require(
      Image(
        width: 60, height: 60, color: .grey, samples: (0..<3600).map { UInt8(truncatingIfNeeded: $0 * 7) }))
    var refused = 0
    for _ in 0..<Mutator.count(short: 40) {
      do {
        _ = try detector(String(decoding: mutator.next(), as: UTF8.self)).detect(image)
      } catch is DetectionError {
        refused += 1
      }
    }
    #expect(refused > 0)
  }

  /// A cascade that takes everything must not end in hours of grouping.
  @Test func aCascadeThatTakesEverythingIsRefused() throws {
    let yes = try detector(Self.xml(leaves: "1. 1."), ",neighbors=3,min=8,side=0,scale=1.05")
    let samples = (0..<700 * 700).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 3) }
    let image = try #require(Image(width: 700, height: 700, color: .grey, samples: samples))
    let error = #expect(throws: DetectionError.self) { try yes.detect(image) }
    #expect(error?.problem.contains("windows of the picture for faces") == true)
  }
}
