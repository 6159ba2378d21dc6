import AviaryPlugins
import CKPlus
import CNN
import EfficientNet
import FER2013
import ImageFolder
import MMAFEDB
import RAFDB
import ResNet
import VGG
import ViT

/// The plugins that Aviary ships. This is the only list of them.
public enum BuiltinPlugins {
  public static let all: [any AviaryPlugin] = [
    FER2013Plugin(), ImageFolderPlugin(), RAFDBPlugin(), MMAFEDBPlugin(), CKPlusPlugin(),
    CNNPlugin(), ResNetPlugin(), EfficientNetPlugin(), VGGPlugin(), ViTPlugin(),
  ]

  /// What they and `others` add together.
  ///
  /// - Throws: `PluginError` where two plugins register the same name.
  public static func registry(with others: [any AviaryPlugin] = []) throws(PluginError) -> PluginRegistry {
    try PluginRegistry(all + others)
  }
}
