// A program of somebody else's that links Aviary and Swift's library statically, and loads plugins.
//
//     host FIXTURES PLUGIN...    runs the models blend and distance; exit status 0 where the answers are right

import Aviary
import Foundation

struct Wrong: Error, CustomStringConvertible {
  let description: String
}

func check(_ name: String, _ dims: [Int], _ output: String, _ registry: PluginRegistry, in folder: String) throws {
  let file = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/expected.json"))
  let all = try JSONSerialization.jsonObject(with: file) as? [String: Any]
  guard let entry = all?[name] as? [String: Any], let x = entry["x"] as? [Double], let expected = entry[output] as? [Double] else {
    throw Wrong(description: "expected.json says nothing of \(name)")
  }
  let model = try Model("\(folder)/\(name).onnx", plugins: registry)
  let tensor = try Tensor(x.map { Float($0) }, shape: Shape(dims))
  guard let found = try model.run(["x": tensor])[output]?.array(of: Float.self), found.count == expected.count,
    zip(found, expected).allSatisfy({ abs(Double($0) - $1) < 1e-5 })
  else { throw Wrong(description: "\(name) gives another \(output)") }
  print("\(name) \(output) \(found)")
}

let arguments = Array(CommandLine.arguments.dropFirst())
do {
  let folder = arguments[0]
  let registry = try BuiltinPlugins.registry(
    with: DynamicPlugin.load(Array(arguments.dropFirst()), environment: [:]))
  try check("blend", [2, 4], "y", registry, in: folder)
  try check("distance", [4, 2], "d", registry, in: folder)
  // Refusals cross the border too: errors are where two runtimes would first disagree.
  do {
    _ = try Model("\(folder)/blend.onnx", plugins: BuiltinPlugins.registry())
    throw Wrong(description: "blend runs without its plugin")
  } catch is ImportError {}
} catch {
  print("\(error)")
  exit(1)
}
