// What `import Aviary` brings: everything a user of the library needs, under its own module names.
@_exported import AviaryCore
@_exported import AviaryEvaluation
@_exported import AviaryImage
@_exported import AviaryMetrics
@_exported import AviaryONNX
@_exported import AviaryOperators
@_exported import AviaryPlugins
@_exported import AviaryReport
@_exported import AviaryRuntime
@_exported import AviaryZoo
