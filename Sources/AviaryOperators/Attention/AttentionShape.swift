import AviaryCore

/// The extents of an attention, from the shapes of its inputs.
struct AttentionShape: Sendable {
  /// Whether Q, K and V came as batch x sequence x hidden instead of batch x heads x sequence x head.
  let isFlat: Bool
  let batch: Int
  let queryHeads: Int
  let keyHeads: Int
  let queries: Int
  /// Keys that come with K.
  let newKeys: Int
  /// Keys that come with `past_key`.
  let pastKeys: Int
  let headSize: Int
  let valueSize: Int

  var keys: Int { pastKeys + newKeys }

  /// - Parameters:
  ///   - heads: the attributes `q_num_heads` and `kv_num_heads`, which 3-d inputs need.
  ///   - past: shapes of `past_key` and `past_value`.
  init(
    q: [Int], k: [Int], v: [Int], heads: (query: Int?, key: Int?), past: (key: [Int], value: [Int])?
  ) throws(OperatorError) {
    guard q.count == 3 || q.count == 4 else { throw .rank(q.count, input: 0, needs: "3 or 4") }
    guard k.count == q.count else { throw .rank(k.count, input: 1, needs: "\(q.count), as Q") }
    guard v.count == q.count else { throw .rank(v.count, input: 2, needs: "\(q.count), as Q") }
    isFlat = q.count == 3
    batch = q[0]
    if isFlat {
      guard let query = heads.query, let key = heads.key, query >= 1, key >= 1 else {
        throw .invalid("3-d inputs need the attributes q_num_heads and kv_num_heads")
      }
      guard q[2] % query == 0, k[2] % key == 0, v[2] % key == 0 else {
        throw .invalid("hidden sizes \(q[2]), \(k[2]), \(v[2]) do not divide into \(query) and \(key) heads")
      }
      (queryHeads, keyHeads) = (query, key)
      (queries, newKeys) = (q[1], k[1])
      (headSize, valueSize) = (q[2] / query, v[2] / key)
      guard k[2] / key == headSize else { throw .invalid("heads of Q and K differ in size") }
      guard v[1] == k[1] else { throw .invalid("K has \(k[1]) positions, V has \(v[1])") }
    } else {
      (queryHeads, keyHeads) = (q[1], k[1])
      (queries, newKeys) = (q[2], k[2])
      (headSize, valueSize) = (q[3], v[3])
      guard k[3] == headSize else { throw .invalid("heads of Q and K differ in size") }
      guard v[1] == k[1], v[2] == k[2] else { throw .invalid("K of \(k) and V of \(v) do not go together") }
    }
    guard k[0] == batch, v[0] == batch else { throw .invalid("Q, K and V differ in batch size") }
    guard keyHeads >= 1, queryHeads % keyHeads == 0 else {
      throw .invalid("\(queryHeads) query heads cannot share \(keyHeads) key heads")
    }
    guard let past else {
      pastKeys = 0
      return
    }
    guard past.key.count == 4, past.value.count == 4 else {
      throw .invalid("past_key and past_value need 4 axes")
    }
    pastKeys = past.key[2]
    guard past.key == [batch, keyHeads, pastKeys, headSize],
      past.value == [batch, keyHeads, pastKeys, valueSize]
    else { throw .invalid("past_key of \(past.key) and past_value of \(past.value) do not fit K and V") }
    _ = try sum(pastKeys, newKeys)
  }

  var output: [Int] {
    isFlat ? [batch, queries, queryHeads * valueSize] : [batch, queryHeads, queries, valueSize]
  }
  var presentKey: [Int] { [batch, keyHeads, keys, headSize] }
  var presentValue: [Int] { [batch, keyHeads, keys, valueSize] }
  var scores: [Int] { [batch, queryHeads, queries, keys] }
}
