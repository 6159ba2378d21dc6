import AviaryCore

/// A convolution over the two spatial axes of an image, all extents known.
package struct PlaneConv: Sendable, Equatable {
  package var batch: Int
  package var groups: Int
  package var inputChannels: Int
  package var outputChannels: Int
  package var rows: WindowAxis
  package var columns: WindowAxis

  /// - Returns: `nil` for another number of axes, empty extents, or sizes whose products could overflow in
  ///   what the kernels compute of them.
  package init?(_ geometry: ConvGeometry) {
    guard geometry.axes.count == 2, geometry.groups > 0 else { return nil }
    batch = geometry.batch
    groups = geometry.groups
    inputChannels = geometry.inputChannels
    outputChannels = geometry.outputChannels
    rows = geometry.axes[0]
    columns = geometry.axes[1]
    let extents = [
      batch, inputChannels, outputChannels, rows.input, columns.input, rows.output, columns.output,
    ]
    guard extents.allSatisfy({ $0 > 0 }) else { return nil }
    let covered =
      Double(rows.input + rows.padBegin + rows.padEnd + rows.kernel * rows.dilation)
      * Double(columns.input + columns.padBegin + columns.padEnd + columns.kernel * columns.dilation)
    let work =
      covered * Double(batch) * Double(inputChannels + 64) * 64
      + Double(rows.output) * Double(columns.output) * Double(batch) * Double(outputChannels + 64) * 64
      + Double(inputChannels + 64) * Double(outputChannels + 64) * Double(rows.kernel * columns.kernel) * 64
    guard work < 0x1p52 else { return nil }
  }

  package var groupInputs: Int { inputChannels / groups }
  package var groupOutputs: Int { outputChannels / groups }
  package var taps: Int { rows.kernel * columns.kernel }
  package var inputArea: Int { rows.input * columns.input }
  package var outputArea: Int { rows.output * columns.output }
  package var multiplyAdds: Int { batch * outputArea * outputChannels * groupInputs * taps }

  /// One tap on each pixel, nothing skipped: a product over the pixels.
  package var isPointwise: Bool {
    taps == 1 && rows.stride == 1 && columns.stride == 1 && !isPadded && rows.input == rows.output
      && columns.input == columns.output
  }

  /// Whether a window reaches beyond the image.
  package var isPadded: Bool { rows.isPadded || columns.isPadded }

  package var isDepthwise: Bool { groups == inputChannels && groups == outputChannels && groups > 1 }
}

extension WindowAxis {
  /// Whether the first or the last window reaches beyond the input.
  fileprivate var isPadded: Bool {
    padBegin > 0 || (output - 1) * stride - padBegin + (kernel - 1) * dilation >= input
  }

  /// Inputs that `outputs` neighbouring windows cover, padding included.
  package func covered(_ outputs: Int) -> Int { (outputs - 1) * stride + (kernel - 1) * dilation + 1 }
}
