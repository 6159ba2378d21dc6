import CSIMD

/// What recurrent layers are computed in: `Float`, with vector kernels, and `Double`, in plain loops.
package protocol RecurrentElement: RealElement {
  /// Units that lie side by side in packed weights; rows of gates are padded to a multiple of it.
  static var unitLanes: Int { get }
  static func sigmoidRow(_ x: UnsafeMutablePointer<Self>, _ count: Int)
  static func tanhRow(_ x: UnsafeMutablePointer<Self>, _ count: Int)
  static func product(_ product: GateProduct<Self>)
  /// The cells with their usual activations; `aviary_simd.h` has the formulas. Counts are multiples of
  /// `unitLanes`.
  static func lstm(
    _ s: UnsafePointer<Self>, step: Int, cell: UnsafeMutablePointer<Self>, hidden: UnsafeMutablePointer<Self>,
    _ count: Int)
  static func gru(
    _ g: UnsafePointer<Self>, _ s: UnsafePointer<Self>, step: Int, old: UnsafePointer<Self>,
    new: UnsafeMutablePointer<Self>, _ count: Int)
  /// The two halves of a GRU whose reset gate comes before the product.
  static func gruGates(
    _ g: UnsafePointer<Self>, _ s: UnsafePointer<Self>, step: Int, old: UnsafePointer<Self>,
    update: UnsafeMutablePointer<Self>, reset: UnsafeMutablePointer<Self>, _ count: Int)
  static func gruState(
    _ candidate: UnsafePointer<Self>, _ s: UnsafePointer<Self>, update: UnsafePointer<Self>,
    old: UnsafePointer<Self>, new: UnsafeMutablePointer<Self>, _ count: Int)
}

/// A product of rows with packed weights; see `aviary_gate_product`.
package struct GateProduct<T: RecurrentElement> {
  var weights: UnsafePointer<T>
  var blocks: Int
  var gates: Int
  var k: Int
  var x: UnsafePointer<T>
  /// Where each row of x begins.
  var offsets: UnsafePointer<Int>
  var rows: Int
  var initial: UnsafePointer<T>
  /// Elements between the rows of `initial`; 0 where all share one.
  var initialRow: Int
  var y: UnsafeMutablePointer<T>
  var row: Int
  /// Elements between the gates of a row.
  var gateStep: Int
}

extension Float: RecurrentElement {
  package static let unitLanes = Int(aviary_kernels().pointee.lanes)
  package static func sigmoidRow(_ x: UnsafeMutablePointer<Float>, _ count: Int) { aviary_sigmoid_f32(x, x, count) }
  package static func tanhRow(_ x: UnsafeMutablePointer<Float>, _ count: Int) { aviary_tanh_f32(x, x, count) }

  package static func product(_ p: GateProduct<Float>) {
    var product = aviary_gate_product(
      weights: p.weights, blocks: p.blocks, gates: p.gates, k: p.k, x: p.x, offsets: p.offsets, rows: p.rows,
      init: p.initial, init_row: p.initialRow, y: p.y, y_row: p.row, gate_step: p.gateStep)
    aviary_kernels().pointee.gate_product(&product)
  }
  package static func lstm(
    _ s: UnsafePointer<Float>, step: Int, cell: UnsafeMutablePointer<Float>, hidden: UnsafeMutablePointer<Float>,
    _ count: Int
  ) {
    aviary_kernels().pointee.lstm_cell(s, step, cell, hidden, count)
  }
  package static func gru(
    _ g: UnsafePointer<Float>, _ s: UnsafePointer<Float>, step: Int, old: UnsafePointer<Float>,
    new: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    aviary_kernels().pointee.gru_cell(g, s, step, old, new, count)
  }
  package static func gruGates(
    _ g: UnsafePointer<Float>, _ s: UnsafePointer<Float>, step: Int, old: UnsafePointer<Float>,
    update: UnsafeMutablePointer<Float>, reset: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    aviary_kernels().pointee.gru_gates(g, s, step, old, update, reset, count)
  }
  package static func gruState(
    _ candidate: UnsafePointer<Float>, _ s: UnsafePointer<Float>, update: UnsafePointer<Float>,
    old: UnsafePointer<Float>, new: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    aviary_kernels().pointee.gru_state(candidate, s, update, old, new, count)
  }
}

extension Double: RecurrentElement {
  package static let unitLanes = 4
  package static func sigmoidRow(_ x: UnsafeMutablePointer<Double>, _ count: Int) {
    for i in 0..<count { x[i] = sigmoid(x[i]) }
  }
  package static func tanhRow(_ x: UnsafeMutablePointer<Double>, _ count: Int) {
    for i in 0..<count { x[i] = tanh(x[i]) }
  }

  package static func product(_ p: GateProduct<Double>) {
    let lanes = unitLanes
    for block in 0..<p.blocks {
      for r in 0..<p.rows {
        let x = p.x + p.offsets[r]
        let from = p.initial + (r * p.initialRow + block * lanes)
        let to = p.y + (r * p.row + block * lanes)
        for g in 0..<p.gates {
          var sum = SIMD4<Double>(
            from[g * p.gateStep], from[g * p.gateStep + 1], from[g * p.gateStep + 2], from[g * p.gateStep + 3])
          var w = p.weights + (block * p.k * p.gates + g) * lanes
          for i in 0..<p.k {
            sum += x[i] * SIMD4(w[0], w[1], w[2], w[3])
            w += p.gates * lanes
          }
          for lane in 0..<lanes { to[g * p.gateStep + lane] = sum[lane] }
        }
      }
    }
  }
  package static func lstm(
    _ s: UnsafePointer<Double>, step: Int, cell: UnsafeMutablePointer<Double>,
    hidden: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    for i in 0..<count {
      cell[i] = sigmoid(s[2 * step + i]) * cell[i] + sigmoid(s[i]) * tanh(s[3 * step + i])
      hidden[i] = sigmoid(s[step + i]) * tanh(cell[i])
    }
  }
  package static func gru(
    _ g: UnsafePointer<Double>, _ s: UnsafePointer<Double>, step: Int, old: UnsafePointer<Double>,
    new: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    for i in 0..<count {
      let (z, r) = (sigmoid(g[i] + s[i]), sigmoid(g[step + i] + s[step + i]))
      let next = tanh(g[2 * step + i] + r * s[2 * step + i])
      new[i] = next + z * (old[i] - next)
    }
  }
  package static func gruGates(
    _ g: UnsafePointer<Double>, _ s: UnsafePointer<Double>, step: Int, old: UnsafePointer<Double>,
    update: UnsafeMutablePointer<Double>, reset: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    for i in 0..<count {
      update[i] = sigmoid(g[i] + s[i])
      reset[i] = sigmoid(g[step + i] + s[step + i]) * old[i]
    }
  }
  package static func gruState(
    _ candidate: UnsafePointer<Double>, _ s: UnsafePointer<Double>, update: UnsafePointer<Double>,
    old: UnsafePointer<Double>, new: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    for i in 0..<count {
      let next = tanh(candidate[i] + s[i])
      new[i] = next + update[i] * (old[i] - next)
    }
  }
}
