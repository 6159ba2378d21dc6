import AviaryPlugins
import CKPlus
import CNN
import EfficientNet
import FER2013
import FaceDetectors
import ImageFolder
import ImageSteps
import MMAFEDB
import ONNXOperators
import RAFDB
import ResNet
import StandardFormats
import StandardMetrics
import VGG
import ViT
import WholeImageDetector

/// The plugins that Aviary ships. This is the only list of them.
public enum BuiltinPlugins {
  public static let all: [any AviaryPlugin] = [
    ONNXOperatorsPlugin(), CNNPlugin(), ResNetPlugin(), EfficientNetPlugin(), VGGPlugin(), ViTPlugin(),
    FER2013Plugin(), ImageFolderPlugin(), RAFDBPlugin(), MMAFEDBPlugin(), CKPlusPlugin(), ImageStepsPlugin(),
    WholeImageDetectorPlugin(), FaceDetectorsPlugin(), StandardMetricsPlugin(), StandardFormatsPlugin(),
  ]

  /// What they and `others` add together.
  ///
  /// - Throws: `PluginError` where two plugins register the same name.
  public static func registry(with others: [any AviaryPlugin] = []) throws(PluginError) -> PluginRegistry {
    try PluginRegistry(all + others)
  }
}
