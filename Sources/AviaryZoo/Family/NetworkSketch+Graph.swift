import AviaryCore
import AviaryRuntime

extension NetworkSketch {
  /// The normal form of an imported graph (before any optimisation, whose nodes stages refer to).
  ///
  /// Never fails: what has no normal form has no blocks, and `problem` says why.
  public init(_ graph: Graph) {
    self.init(blocks: nil)
    let inputs = graph.readInputs
    guard inputs.count == 1, let input = inputs.first else {
      problem = "it has \(inputs.count) inputs"
      return
    }
    let infos: [String: ValueInfo]
    do throws(ImportError) {
      infos = try GraphFacts.infos(of: graph)
    } catch {
      problem = "its shapes cannot be inferred (\(error.message))"
      return
    }
    readPicture(input)
    let reader = SketchReader(graph, infos: infos, picture: input.name)
    inputScaling = reader.scaling.result
    guard reader.outputs.count == 1, let output = reader.outputs.first else {
      problem = "it has \(reader.outputs.count) outputs that depend on the picture"
      return
    }
    var cells = reader.cells
    SketchSimplifier.simplify(&cells)
    var series = SketchSeries(cells)
    do throws(SketchSeries.Tangle) {
      blocks = try series.blocks(to: output)
    } catch {
      problem = error.reason
    }
  }

  private mutating func readPicture(_ input: Graph.Declaration) {
    guard case .tensor(_, let shape) = input.type, let dims = shape.dims, dims.count == 4 else { return }
    func channels(_ axis: Int) -> Int? { dims[axis].value.flatMap { $0 == 1 || $0 == 3 ? $0 : nil } }
    let isLast = channels(1) == nil && channels(3) != nil
    isChannelsLast = isLast
    self.channels = isLast ? channels(3) : channels(1)
    guard let height = dims[isLast ? 1 : 2].value, let width = dims[isLast ? 2 : 3].value else { return }
    size = (height, width)
  }
}

extension Graph {
  /// The inputs that anything depends on: Keras' exporter declares constants that it has folded away as
  /// inputs.
  var readInputs: [Declaration] {
    let read = Set(nodes.flatMap(\.allInputs) + outputs.map(\.name))
    return inputs.filter { read.contains($0.name) }
  }
}
