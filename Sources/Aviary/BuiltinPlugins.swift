import AviaryPlugins
import CKPlus
import FER2013
import ImageFolder
import ImageSteps
import MMAFEDB
import ONNXOperators
import RAFDB
import StandardFormats
import StandardMetrics
import WholeImageDetector

/// The plugins that Aviary ships. This is the only list of them.
public enum BuiltinPlugins {
  public static let all: [any AviaryPlugin] = [
    ONNXOperatorsPlugin(), FER2013Plugin(), ImageFolderPlugin(), RAFDBPlugin(), MMAFEDBPlugin(),
    CKPlusPlugin(), ImageStepsPlugin(), WholeImageDetectorPlugin(), StandardMetricsPlugin(),
    StandardFormatsPlugin(),
  ]

  /// What they and `others` add together.
  ///
  /// - Throws: `PluginError` where two plugins register the same name.
  public static func registry(with others: [any AviaryPlugin] = []) throws(PluginError) -> PluginRegistry {
    try PluginRegistry(all + others)
  }
}
