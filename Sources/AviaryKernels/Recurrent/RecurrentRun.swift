import AviaryCore

/// The packed parameters of a recurrent layer, in the type that it is computed in.
package enum RecurrentWeights: Sendable {
  case float([RecurrentLayer<Float>.Direction])
  case double([RecurrentLayer<Double>.Direction])

  package var isDouble: Bool { if case .double = self { true } else { false } }

  /// Addresses of parameters as the specification lays them out, directions one after the other.
  package struct Source {
    package var input: UnsafeRawPointer
    package var recurrent: UnsafeRawPointer
    package var bias: UnsafeRawPointer?
    package var peepholes: UnsafeRawPointer?

    package init(
      input: UnsafeRawPointer, recurrent: UnsafeRawPointer, bias: UnsafeRawPointer?, peepholes: UnsafeRawPointer?
    ) {
      self.input = input
      self.recurrent = recurrent
      self.bias = bias
      self.peepholes = peepholes
    }
  }

  /// Packs them.
  ///
  /// - Parameters:
  ///   - gates: how many the kind has.
  ///   - activations: one list a direction.
  /// - Throws: `TensorError.outOfMemory`.
  package init(
    isDouble: Bool, kind: RecurrentKind, units: Int, inputs: Int, _ source: Source, activations: [[GateActivation]]
  ) throws(TensorError) {
    func pack<T: RecurrentElement>(_ type: T.Type) throws(TensorError) -> [RecurrentLayer<T>.Direction] {
      let (input, recurrent) = (
        source.input.assumingMemoryBound(to: T.self), source.recurrent.assumingMemoryBound(to: T.self)
      )
      let bias = source.bias?.assumingMemoryBound(to: T.self)
      let peepholes = source.peepholes?.assumingMemoryBound(to: T.self)
      var directions: [RecurrentLayer<T>.Direction] = []
      for (d, functions) in activations.enumerated() {
        let rows = d * kind.gates * units
        directions.append(
          try RecurrentLayer<T>.Direction(
            kind: kind, units: units, inputs: inputs, input: input + rows * inputs,
            recurrent: recurrent + rows * units, bias: bias.map { $0 + 2 * rows },
            peepholes: peepholes.map { $0 + 3 * d * units }, activations: functions))
      }
      return directions
    }
    self = isDouble ? .double(try pack(Double.self)) : .float(try pack(Float.self))
  }
}

/// A recurrent layer with its parameters, whatever type it is computed in.
package struct RecurrentRun: Sendable {
  private let layer: Layer
  private enum Layer {
    case float(RecurrentLayer<Float>)
    case double(RecurrentLayer<Double>)
  }

  package init(
    sizes: RecurrentSizes, kind: RecurrentKind, clip: Double?, weights: RecurrentWeights, isReverse: [Bool]
  ) {
    switch weights {
    case .float(let directions):
      layer = .float(
        RecurrentLayer(sizes: sizes, kind: kind, clip: clip, directions: directions, isReverse: isReverse))
    case .double(let directions):
      layer = .double(
        RecurrentLayer(sizes: sizes, kind: kind, clip: clip, directions: directions, isReverse: isReverse))
    }
  }

  /// Addresses of one run, in the type the layer is computed in; absent values are `nil`.
  package struct Values {
    package var x: UnsafeRawPointer
    /// Valid steps of each sequence, in 0 ... steps; `nil` where all are.
    package var lengths: [Int]?
    package var hidden: UnsafeRawPointer?
    package var cell: UnsafeRawPointer?
    package var y: UnsafeMutableRawPointer?
    package var lastHidden: UnsafeMutableRawPointer?
    package var lastCell: UnsafeMutableRawPointer?

    package init(x: UnsafeRawPointer) { self.x = x }

    func typed<T: RecurrentElement>(_ type: T.Type) -> RecurrentLayer<T>.Values {
      var values = RecurrentLayer<T>.Values(x: x.assumingMemoryBound(to: T.self))
      values.lengths = lengths
      values.hidden = hidden?.assumingMemoryBound(to: T.self)
      values.cell = cell?.assumingMemoryBound(to: T.self)
      values.y = y?.assumingMemoryBound(to: T.self)
      values.lastHidden = lastHidden?.assumingMemoryBound(to: T.self)
      values.lastCell = lastCell?.assumingMemoryBound(to: T.self)
      return values
    }
  }

  /// Elements of scratch memory; `nil` where that overflows.
  package func scratchCount(threads: Int) -> Int? {
    switch layer {
    case .float(let layer): layer.scratchCount(threads: threads)
    case .double(let layer): layer.scratchCount(threads: threads)
    }
  }

  /// - Parameter scratch: `scratchCount(threads: parallel.threads)` elements.
  package func run(_ values: Values, scratch: UnsafeMutableRawPointer, parallel: any Parallel) {
    switch layer {
    case .float(let layer):
      layer.run(
        values.typed(Float.self), scratch: scratch.assumingMemoryBound(to: Float.self), parallel: parallel)
    case .double(let layer):
      layer.run(
        values.typed(Double.self), scratch: scratch.assumingMemoryBound(to: Double.self), parallel: parallel)
    }
  }
}
