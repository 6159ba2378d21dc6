import Aviary
import AviaryEvaluation
import AviaryPlugins
import Testing

@Suite struct RegistryTests {
  private struct Copycat: AviaryPlugin {
    var manifest = PluginManifest(id: "copycat", version: "1.0.0", summary: "registers a name that is taken")
    var kind = "folder"

    func register(with registrar: inout PluginRegistrar) throws(PluginError) {
      try registrar.add(Provider(kind: kind))
    }
  }

  private struct Provider: DatasetProvider {
    var kind: String
    var summary: String { "" }

    func splits(path: String, options: DatasetOptions) -> [DatasetSplit] { [DatasetSplit("only")] }

    func open(path: String, split: String, options: DatasetOptions) -> Dataset {
      Dataset(kind: kind, path: path, split: split, classes: [], samples: [])
    }
  }

  @Test func builtIns() throws {
    let registry = try BuiltinPlugins.registry()
    #expect(registry.datasetKinds == ["ckplus", "fer2013", "folder", "mmafedb", "rafdb"])
    #expect(registry.plugins.map(\.id) == BuiltinPlugins.all.map(\.manifest.id))
    #expect(registry.families.families.map(\.name) == ["CNN", "EfficientNet", "ResNet", "VGG", "ViT"])
    #expect(try registry.dataset("FER2013").kind == "fer2013")
  }

  @Test func namesAreUniqueAndNames() throws {
    #expect(
      throws: PluginError.duplicate(
        what: "data set", name: "folder", plugin: "copycat", other: "image-folder")
    ) { try BuiltinPlugins.registry(with: [Copycat()]) }
    #expect(throws: PluginError.self) { try BuiltinPlugins.registry(with: [Copycat(kind: "My Set")]) }
    #expect(throws: PluginError.self) { try PluginRegistry([Copycat(kind: "a"), Copycat(kind: "b")]) }
    let registry = try BuiltinPlugins.registry(with: [Copycat(kind: "mine")])
    #expect(try registry.open("mine:/somewhere").split == "only")
  }

  @Test(arguments: ["nosuch:/data", "/data", ":/data", "fer2013:", "fer2013:/nowhere/at/all"])
  func references(_ text: String) throws {
    let registry = try BuiltinPlugins.registry()
    let error = #expect(throws: DatasetError.self) { try registry.open(text) }
    #expect(error?.description.isEmpty == false)
  }

  @Test(arguments: [
    ("anger", "angry"), ("Angry", "angry"), (" HAPPINESS ", "happy"), ("sadness", "sad"),
    ("surprised", "surprise"), ("fearful", "fear"), ("disgusted", "disgust"), ("Neutral", "neutral"),
    ("contempt", "contempt"), ("zebra", "zebra"),
  ])
  func synonyms(_ name: String, _ canonical: String) {
    #expect(ClassNames.canonical(name) == canonical)
    #expect(ClassNames.index(of: name, in: ["dog", canonical]) == 1)
  }
}
