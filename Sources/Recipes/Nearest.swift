/// The candidate with the fewest edits to `word`, or nil when none is near enough to be meant.
public func nearest(to word: String, among candidates: [String]) -> String? {
  let limit = max(2, word.count / 3)
  return candidates.map { (name: $0, edits: edits(from: word, to: $0)) }
    .filter { $0.edits <= limit && $0.edits < $0.name.count }
    .min { $0.edits < $1.edits }?.name
}

/// Optimal string alignment distance, letter case counting for nothing: insertions, deletions,
/// substitutions and swaps of neighbours (Damerau 1964).
func edits(from a: String, to b: String) -> Int {
  let a = Array(a.lowercased().prefix(64))
  let b = Array(b.lowercased().prefix(64))
  var older = [Int](repeating: 0, count: b.count + 1)
  var previous = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var best = min(row[j], previous[j + 1]) + 1
      best = min(best, previous[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, older[j - 1] + 1) }
      row.append(best)
    }
    (older, previous) = (previous, row)
  }
  return previous[b.count]
}
