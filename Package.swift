// swift-tools-version: 6.1
import PackageDescription

// The order of the targets is the order of the layers: a target depends only on targets above it
// (see Sources/README.md).

/// A built-in plugin: an ordinary target under `Plugins/` that uses only what a third party can use.
func plugin(_ name: String) -> Target {
  .target(
    name: name,
    dependencies: [
      "AviaryCore", "AviaryOperators", "AviaryRuntime", "AviaryImage", "AviaryMetrics", "AviaryZoo",
      "AviaryEvaluation", "AviaryReport", "AviaryPlugins",
    ] + (pluginExtras[name] ?? []),
    path: "Plugins/\(name)",
    // What is only `package` is not there for a third party either.
    packageAccess: false)
}

/// What single plugins need besides.
let pluginExtras: [String: [Target.Dependency]] = [
  "FaceDetectors": ["AviaryKernels", "AviaryONNX", "CExpat", "CHaarScan"]
]

let plugins = [
  "CKPlus", "CNN", "ContributedOperators", "EfficientNet", "FER2013", "FaceDetectors", "ImageFolder", "ImageOperators",
  "ImageSteps", "MMAFEDB", "ONNXOperators",
  "RAFDB", "ResNet", "StandardFormats", "StandardMetrics", "VGG", "ViT", "WholeImageDetector",
]

/// Golden values that stand beside the tests of the operator families, and the scripts that made them.
var goldenFiles: [String] = ["golden.py"]
for stem in [
  "Attention/golden_attention", "Control/golden_control", "Convolution/golden_convolution",
  "Detection/golden_detection", "Elementwise/golden_elementwise", "Generation/golden_generation",
  "Indexing/golden_indexing", "Integer/golden_integer", "Linear/golden_linear", "Loss/golden_loss", "ML/golden_ml",
  "Normalization/golden_normalization", "Pooling/golden_pooling", "Quantization/golden_quantization",
  "Recurrent/golden_recurrent", "Reduction/golden_reduction", "Resize/golden_resize", "Shape/golden_shape",
  "Signal/golden_signal", "Text/golden_text", "Training/golden_training",
] {
  goldenFiles += [stem + ".json", stem + ".py"]
}

/// The page of the server, and its documentation. The server's own list (`PageFiles.swift`) says what each is.
let pageFiles = [
  "api.js", "camera-session.js", "camera.js", "docs.css", "docs.html", "docs.js", "dom.js", "icon.svg",
  "index.html", "live.js", "models.js", "overlay.js", "page.css", "page.js", "photo-session.js",
  "photo.js", "results.js", "schema.js", "settings.js", "stage.js", "tracks.js",
]

let package = Package(
  name: "Aviary",
  products: [
    .library(name: "Aviary", targets: ["Aviary"]),
    .executable(name: "aviary", targets: ["AviaryCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // Compiles against the system's SQLite (libsqlite3-dev).
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    // The server. Without traits it leaves out a reader of configuration files that nothing here uses.
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // System libraries.
    .systemLibrary(
      name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
    .systemLibrary(name: "CRE2", pkgConfig: "re2", providers: [.apt(["libre2-dev"])]),
    .systemLibrary(name: "CTIFF", pkgConfig: "libtiff-4", providers: [.apt(["libtiff-dev"])]),
    .systemLibrary(name: "CWebP", pkgConfig: "libwebp", providers: [.apt(["libwebp-dev"])]),
    .systemLibrary(name: "COpenJPEG", pkgConfig: "libopenjp2", providers: [.apt(["libopenjp2-7-dev"])]),
    .systemLibrary(
      name: "CRSVG", pkgConfig: "librsvg-2.0", providers: [.apt(["librsvg2-dev"])]),

    // Values, graphs, the operator protocol.
    .target(name: "AviaryCore"),

    // Import.
    .target(
      name: "CONNX", dependencies: ["CProtobufC"], exclude: ["README.md", "generate.sh"]),
    .target(
      name: "AviaryONNX", dependencies: ["AviaryCore", "CONNX"], exclude: ["README.md"]),

    // Numbers.
    .target(name: "CSIMD"),
    .target(name: "AviaryKernels", dependencies: ["AviaryCore", "CSIMD"]),
    .target(name: "CRegex", dependencies: ["CRE2"]),
    .target(
      name: "AviaryOperators", dependencies: ["AviaryCore", "AviaryKernels", "CRegex"], exclude: ["README.md"]),
    .target(
      name: "AviaryRuntime",
      dependencies: ["AviaryCore", "AviaryONNX", "AviaryKernels", "AviaryOperators"]),

    // Judging.
    .target(name: "CPNGReader", dependencies: ["CPNG"]),
    .target(name: "CImageFormats", dependencies: ["CTIFF", "CWebP", "COpenJPEG"]),
    .target(name: "CPixels"),
    .target(
      name: "AviaryImage",
      dependencies: ["AviaryCore", "CPixels", "CPNGReader", "CTurboJPEG", "CImageFormats"]),
    .target(name: "AviaryMetrics"),
    .target(
      name: "AviaryZoo",
      dependencies: [
        "AviaryCore", "AviaryONNX", "AviaryRuntime", "AviaryImage", "AviaryMetrics", "CCrypto",
      ],
      resources: [
        .embedInCode("Resources/model.schema.json"), .embedInCode("Resources/golden.schema.json"),
        .embedInCode("Resources/baseline.schema.json"),
      ]),
    .target(
      name: "AviaryEvaluation",
      dependencies: [
        "AviaryCore", "AviaryRuntime", "AviaryImage", "AviaryMetrics", "AviaryZoo",
      ]),
    .target(
      name: "AviaryStore",
      dependencies: [
        "AviaryCore", "AviaryImage", "AviaryMetrics", "AviaryZoo", "AviaryEvaluation",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    .target(
      name: "AviaryReport",
      dependencies: ["AviaryImage", "AviaryMetrics", "AviaryZoo", "AviaryEvaluation", "CRSVG"],
      resources: [.embedInCode("Resources/report.css"), .embedInCode("Resources/report.js")]),

    // Plugins.
    .target(name: "CHaarScan"),
    .target(name: "CAviaryPlugin"),
    .target(
      name: "AviaryPlugins",
      dependencies: [
        "CAviaryPlugin", "AviaryCore", "AviaryRuntime", "AviaryImage", "AviaryMetrics", "AviaryZoo", "AviaryEvaluation",
        "AviaryReport",
      ]),
  ] + plugins.map(plugin) + [
    // The library and the command.
    .target(
      name: "Aviary",
      dependencies: [
        "AviaryCore", "AviaryONNX", "AviaryOperators", "AviaryRuntime", "AviaryImage",
        "AviaryMetrics", "AviaryZoo", "AviaryEvaluation", "AviaryReport", "AviaryPlugins",
      ] + plugins.map { .byName(name: $0) }),
    .target(name: "AviaryFetch", dependencies: ["AviaryZoo"]),
    .target(
      name: "AviaryServer",
      dependencies: [
        "Aviary", "AviaryStore",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      exclude: ["Containerfile"],
      resources: [
        .embedInCode("Resources/openapi.json")
      ] + pageFiles.map { .embedInCode("Page/\($0)") }),
    .executableTarget(
      name: "AviaryCommand",
      dependencies: [
        "Aviary", "AviaryFetch", "AviaryServer", "AviaryStore",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Tests mirror Sources.
    .target(name: "TestSupport", dependencies: ["AviaryCore"], path: "Tests/TestSupport"),
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .testTarget(name: "AviaryCoreTests", dependencies: ["AviaryCore", "TestSupport"]),
    .testTarget(
      name: "AviaryONNXTests", dependencies: ["AviaryONNX", "CONNX", "TestSupport"],
      exclude: ["Golden"]),
    .testTarget(
      name: "AviaryKernelsTests", dependencies: ["AviaryKernels", "CSIMD", "TestSupport"]),
    .testTarget(
      name: "AviaryOperatorsTests", dependencies: ["AviaryOperators", "TestSupport"],
      exclude: goldenFiles),
    .testTarget(
      name: "AviaryRuntimeTests",
      dependencies: ["AviaryRuntime", "AviaryONNX", "AviaryOperators", "TestSupport", "CAllocationCounter"]),
    .testTarget(
      name: "AviaryConformanceTests", dependencies: ["Aviary", "AviaryRuntime", "AviaryONNX", "TestSupport"],
      exclude: ["failing.txt", "gaps.txt", "passing.txt", "README.md", "schemas.txt", "Networks"]),
    .testTarget(
      name: "AviaryImageTests", dependencies: ["AviaryImage", "TestSupport"],
      exclude: [
        "Films", "Fixtures", "Formats", "make_fixtures.py", "make_changes.py", "make_formats.py",
        "make_standardized.py", "changes.json",
      ]),
    .testTarget(
      name: "AviaryMetricsTests", dependencies: ["AviaryMetrics", "TestSupport"],
      exclude: ["Golden", "make_golden.py", "make_paired_golden.py"]),
    .testTarget(
      name: "AviaryReportTests",
      dependencies: [
        "AviaryReport", "AviaryEvaluation", "AviaryImage", "AviaryMetrics", "CRSVG", "TestSupport",
      ],
      exclude: ["Golden", "make_golden.py"]),
    .testTarget(
      name: "AviaryZooTests", dependencies: ["AviaryZoo", "AviaryFetch", "Aviary", "TestSupport"],
      exclude: ["Networks"]),
    .testTarget(name: "AviaryEvaluationTests", dependencies: ["Aviary", "TestSupport"]),
    .testTarget(
      name: "AviaryStoreTests",
      dependencies: ["Aviary", "AviaryStore", "TestSupport", .product(name: "GRDB", package: "GRDB.swift")]),
    .testTarget(
      name: "AviaryPluginsTests",
      dependencies: ["Aviary", "AviaryZoo", "TestSupport"],
      exclude: [
        "Contributed/golden_contributed.json", "Contributed/golden_contributed.py", "Faces/faces.json", "Faces/make_faces.py",
        "Fixtures", "make_fixtures.py", "make_plugin_fixtures.py",
      ]),
    .testTarget(name: "AviaryTests", dependencies: ["Aviary", "TestSupport"]),
    .testTarget(
      name: "AviaryServerTests",
      dependencies: [
        "AviaryServer", "Aviary", "AviaryStore", "TestSupport",
        .product(name: "NIOEmbedded", package: "swift-nio"),
      ]),
    .testTarget(
      name: "AviaryCommandTests", dependencies: ["TestSupport"],
      exclude: ["Fixtures", "damage.py", "make_fixtures.py"]),
  ]
)

// Most tests only check what the modules under test compute. Optimising them doubles the time that `make test`
// builds and saves none when they run; the two that are left out compare with slow references of their own.
for target in package.targets
where target.type == .test && !["AviaryKernelsTests", "AviaryOperatorsTests"].contains(target.name) {
  target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-Onone"])]
}

// `AVIARY_TESTS=A,B` leaves only these test targets and what they need: a sanitizer compiles everything once more,
// and what it looks for is in the lower layers (see the Makefile).
if let wanted = Context.environment["AVIARY_TESTS"], !wanted.isEmpty {
  let byName = Dictionary(uniqueKeysWithValues: package.targets.map { ($0.name, $0) })
  var needed: Set<String> = []
  var waiting = wanted.split(separator: ",").map(String.init)
  while let name = waiting.popLast() {
    guard let target = byName[name], needed.insert(name).inserted else { continue }
    for dependency in target.dependencies {
      switch dependency {
      case .targetItem(let name, _), .byNameItem(let name, _): waiting.append(name)
      default: break
      }
    }
  }
  package.targets.removeAll { !needed.contains($0.name) }
  package.products = []
  package.dependencies.removeAll()
}
