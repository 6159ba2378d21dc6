import AviaryCore

/// Indices in `0 ..< extent`, negative ones counted from the back.
///
/// - Throws: `OperatorError.invalid` for an index outside the extent.
func normalizedIndices(_ indices: [Int], extent: Int) throws(OperatorError) -> [Int] {
  var result = indices
  for i in result.indices { result[i] = try normalizedIndex(result[i], extent: extent) }
  return result
}

/// As `normalizedIndices`, for one.
@inline(__always)
func normalizedIndex(_ index: Int, extent: Int) throws(OperatorError) -> Int {
  guard index >= -extent, index < extent else {
    throw .invalid("index \(index) is outside an axis of extent \(extent)")
  }
  return index < 0 ? index + extent : index
}
