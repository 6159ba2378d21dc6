import Aviary
import Foundation
import TestSupport
import Testing

/// What is added is there whole; what cannot be added leaves the zoo as it was, byte for byte.
@Suite struct ZooChangeTests {
  private func zoo() throws -> Scratch {
    let scratch = try Scratch()
    try FileManager.default.copyItem(
      at: Shipped.zoo.appendingPathComponent("fer-cnn-plain"),
      to: scratch.url.appendingPathComponent("fer-cnn-plain"))
    return scratch
  }

  private func labelled() -> ContractOverrides {
    var overrides = ContractOverrides()
    overrides.labels = Shipped.classes
    return overrides
  }

  private func description(_ id: String) -> ZooAddition.Description {
    .init(id: id, name: "A model", license: "MIT")
  }

  @Test func addVerifyReplaceRemove() throws {
    let scratch = try zoo()
    let files = try Scratch()
    let index = ZooIndex(path: scratch.path)
    let before = scratch.contents
    let proposal = try Shipped.proposal("fer-cnn-bn", in: files, labelled())
    let manifest = try ZooAddition(proposal, description("mine")).add(to: index)
    #expect(manifest.family == "CNN" && manifest.output.kind == .probabilities)
    #expect(index.ids == ["fer-cnn-plain", "mine"])
    let report = ZooVerifier(index).verify(try index.entry("mine"))
    #expect(report.passed, "\(report.checks)")
    // What the shipped manifest says of the same file, found without it.
    let shipped = try ModelManifest(
      contentsOf: Shipped.zoo.appendingPathComponent("fer-cnn-bn/model.json").path)
    #expect(manifest.file.sha256 == shipped.file.sha256 && manifest.parameters == shipped.parameters)
    #expect(manifest.input == shipped.input)

    let added = scratch.contents
    #expect(throws: ZooError.exists(id: "mine", zoo: scratch.path)) {
      try ZooAddition(proposal, description("mine")).add(to: index)
    }
    #expect(scratch.contents == added)
    let other = try Shipped.proposal("fer-cnn-plain", in: files, labelled())
    let replaced = try ZooAddition(other, description("mine")).add(to: index, replacing: true)
    #expect(replaced.file.sha256 != manifest.file.sha256)
    #expect(ZooVerifier(index).verify(try index.entry("mine")).passed)
    try ZooEditor(index).remove("mine")
    #expect(scratch.contents == before)
    #expect(throws: ZooError.self) { try ZooEditor(index).remove("mine") }
  }

  /// Pictures, scripts: a folder that is no model stays, however the command is given.
  @Test func aFolderThatIsNoModelIsNotReplaced() throws {
    let scratch = try zoo()
    let files = try Scratch()
    try FileManager.default.createDirectory(
      at: scratch.url.appendingPathComponent("samples"), withIntermediateDirectories: false)
    _ = try scratch.file("samples/face.png", Data([1]))
    let before = scratch.contents
    let proposal = try Shipped.proposal("fer-cnn-bn", in: files, labelled())
    #expect(throws: ZooError.exists(id: "samples", zoo: scratch.path)) {
      try ZooAddition(proposal, description("samples")).add(to: ZooIndex(path: scratch.path), replacing: true)
    }
    #expect(scratch.contents == before)
  }

  @Test(arguments: ["", "../x", "A", ".hidden", "a/b", String(repeating: "a", count: 65)])
  func idsThatAreNone(_ id: String) throws {
    let scratch = try zoo()
    let files = try Scratch()
    let before = scratch.contents
    let proposal = try Shipped.proposal("fer-cnn-bn", in: files, labelled())
    #expect(throws: ZooError.self) {
      try ZooAddition(proposal, description(id)).add(to: ZooIndex(path: scratch.path))
    }
    #expect(scratch.contents == before)
  }

  @Test func labelsThatNobodyKnows() throws {
    let scratch = try zoo()
    let files = try Scratch()
    let before = scratch.contents
    let proposal = try Shipped.proposal("fer-cnn-bn", in: files)
    let error = #expect(throws: ZooError.self) {
      try ZooAddition(proposal, description("mine")).add(to: ZooIndex(path: scratch.path))
    }
    #expect(error?.description.contains("--labels") == true)
    #expect(scratch.contents == before)
    var six = ContractOverrides()
    six.labels = Array(Shipped.classes.dropLast())
    #expect(throws: ZooError.self) { try Shipped.proposal("fer-cnn-bn", in: files, six) }
  }

  /// Whatever goes wrong while a folder is filled, nothing of it stays.
  @Test func failuresLeaveNothing() throws {
    struct Trouble: Error {}
    let scratch = try zoo()
    let before = scratch.contents
    let editor = ZooEditor(ZooIndex(path: scratch.path))
    for (id, replacing) in [("new", false), ("fer-cnn-plain", true)] {
      #expect(throws: Trouble.self) {
        try editor.add(id: id, replacing: replacing) { folder in
          try Data("half".utf8).write(to: URL(fileURLWithPath: "\(folder)/model.onnx"))
          throw Trouble()
        }
      }
      #expect(scratch.contents == before)
    }
  }

  /// A zoo whose file system is full, or that may not be written, is not changed: a folder cannot be made
  /// there.
  @Test func zoosThatCannotBeWritten() throws {
    let files = try Scratch()
    let proposal = try Shipped.proposal("fer-cnn-bn", in: files, labelled())
    let error = #expect(throws: ZooError.self) {
      try ZooAddition(proposal, description("mine")).add(to: ZooIndex(path: "/proc"))
    }
    #expect(error?.description.contains("cannot be written") == true)
  }

  @Test func modelsByAddress() throws {
    let scratch = try zoo()
    let files = try Scratch()
    let cache = try Scratch()
    let index = ZooIndex(path: scratch.path)
    let proposal = try Shipped.proposal("fer-cnn-bn", in: files, labelled())
    var described = description("linked")
    described.url = "file://\(proposal.path)"
    try ZooAddition(proposal, described).add(to: index, withWeights: false)
    let entry = try index.entry("linked")
    #expect(!entry.hasFile)
    let missing = #expect(throws: ZooError.self) { try ModelReference(entry.folder) }
    #expect(missing?.description.contains("zoo pull linked") == true)
    let pull = try ZooPull(index, downloader: Downloader(folder: cache.path))
    #expect(pull.missing.map(\.id) == ["linked"])

    // The file there is another by now: nothing of it gets in.
    let before = scratch.contents
    let right = try Data(contentsOf: URL(fileURLWithPath: proposal.path))
    var wrong = right
    wrong[wrong.count / 2] ^= 1
    try wrong.write(to: URL(fileURLWithPath: proposal.path))
    #expect(throws: ZooError.self) { try pull.pull(entry) }
    #expect(scratch.contents == before && cache.contents.isEmpty)
    try right.dropLast(7).write(to: URL(fileURLWithPath: proposal.path))
    #expect(throws: ZooError.self) { try pull.pull(entry) }
    #expect(scratch.contents == before)

    try right.write(to: URL(fileURLWithPath: proposal.path))
    #expect(try pull.pull(entry) == .fetched)
    #expect(try pull.pull(entry) == .present)
    #expect(cache.contents.isEmpty)
    #expect(ZooVerifier(index).verify(entry).passed)
  }

  /// Who has lost a file is told how it comes back.
  @Test func filesThatNoAddressServes() throws {
    let scratch = try zoo()
    let cache = try Scratch()
    let index = ZooIndex(path: scratch.path)
    let entry = try index.entry("fer-cnn-plain")
    try FileManager.default.removeItem(atPath: #require(entry.modelPath))
    let pull = try ZooPull(index, downloader: Downloader(folder: cache.path))
    let errors = [
      #expect(throws: ZooError.self) { try ModelReference(entry.folder) },
      #expect(throws: ZooError.self) { try pull.pull(entry) },
    ]
    for error in errors {
      let text = error?.description ?? ""
      #expect(text.contains("restore it from where the zoo came from"), "\(text)")
      #expect(text.contains("recipe.json"), "\(text)")
    }
  }

  @Test func foldersToLookInMustBeThere() throws {
    let scratch = try zoo()
    let file = try scratch.file("file", "x")
    for folder in ["\(scratch.path)/nosuch", file] {
      let error = #expect(throws: ZooError.self) {
        try ZooPull(ZooIndex(path: scratch.path), downloader: Downloader(folder: scratch.path), from: folder)
      }
      #expect(error?.description.hasPrefix(folder) == true)
    }
  }

  @Test func idsAndPathsOfFolders() throws {
    let scratch = try zoo()
    let index = ZooIndex(path: scratch.path)
    let names = [
      "fer-cnn-plain", "fer-cnn-plain/", "\(scratch.path)/fer-cnn-plain", "\(scratch.path)/fer-cnn-plain/",
      "\(scratch.path)/./nosuch/../fer-cnn-plain",
    ]
    for name in names { #expect(try index.id(of: name) == "fer-cnn-plain", "\(name)") }
    // Another zoo's model of that name is not meant.
    let other = Shipped.zoo.appendingPathComponent("fer-cnn-plain").path
    for name in ["", "/", "nosuch", "nosuch/", other, "a/fer-cnn-plain", "\(scratch.path)/nosuch"] {
      #expect(throws: ZooError.self, "\(name)") { try index.id(of: name) }
    }
    #expect(ZooIndex.holding(folder: "\(scratch.path)/fer-cnn-plain/")?.ids == index.ids)
    #expect(ZooIndex.holding(folder: "\(scratch.path)/nosuch") == nil)
  }

  @Test(arguments: [
    "MIT", "Apache-2.0 OR MIT", "(MIT AND BSD-3-Clause) OR GPL-2.0+", "GPL-2.0-only WITH Classpath-exception-2.0",
    "LicenseRef-unknown", "DocumentRef-spdx:LicenseRef-mine", "((MIT))", "apache-2.0",
  ])
  func licences(_ text: String) { #expect(LicenseExpression.isValid(text)) }

  @Test(arguments: [
    "", " ", "not spdx!", "not spdx", "MIT OR", "OR MIT", "MIT AND OR BSD", "(MIT", "MIT)", "()", "MIT\n", "a:b:c",
    "MIT/Apache", "+", "É",
  ])
  func noLicences(_ text: String) { #expect(!LicenseExpression.isValid(text)) }

  @Test func indexes() throws {
    let scratch = try zoo()
    let index = ZooIndex(path: scratch.path)
    let summary = try ZooSummary(index)
    #expect(summary.models.map(\.id) == ["fer-cnn-plain"])
    #expect(try JSONDecoder().decode(ZooSummary.self, from: Data(summary.text().utf8)) == summary)
    // A manifest that cannot be read makes no index that looks whole.
    try scratch.file("broken/model.json", "{}")
    #expect(throws: ZooError.self) { try ZooSummary(index) }
  }
}
