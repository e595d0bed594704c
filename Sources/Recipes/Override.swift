/// One `key.key=value` of the command line.
struct Override: Equatable {
  /// As it was given.
  let text: String
  /// The dotted key.
  let keys: [String]
  /// The value, YAML of its own.
  let value: Tree

  init(_ text: String) throws(RecipeError) {
    guard let equals = text.firstIndex(of: "=") else {
      throw .invalidOverride(text, reason: "an override is key=value, such as learner.batch=128")
    }
    let key = text[..<equals]
    keys = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard keys.allSatisfy({ !$0.isEmpty && !$0.contains(where: \.isWhitespace) }) else {
      throw .invalidOverride(text, reason: "\"\(key)\" is not a dotted key")
    }
    let yaml = String(text[text.index(after: equals)...])
    guard !yaml.allSatisfy(\.isWhitespace) else {
      throw .invalidOverride(text, reason: "there is no value after the \"=\"")
    }
    value = try Tree(yaml: yaml) { _ in .override(text) }
    self.text = text
  }

  init(text: String, keys: [String], value: Tree) {
    (self.text, self.keys, self.value) = (text, keys, value)
  }

  /// The same override below its first key.
  var inner: Override { Override(text: text, keys: Array(keys.dropFirst()), value: value) }

  /// The same override within a section.
  func below(_ key: String) -> Override { Override(text: text, keys: [key] + keys, value: value) }

  /// Puts the value where the keys lead, adding what is not there: the reader knows the valid keys.
  func apply(to tree: inout Tree) throws(RecipeError) {
    try apply(to: &tree, depth: 0)
  }

  private func apply(to tree: inout Tree, depth: Int) throws(RecipeError) {
    guard depth < keys.count else {
      tree = value
      return
    }
    guard case .section(var entries) = tree.content else {
      let parent = keys[..<depth].joined(separator: ".")
      throw .invalidOverride(text, reason: "\(parent) is not a section; give it whole")
    }
    let key = keys[depth]
    if let index = entries.firstIndex(where: { $0.key == key }) {
      try apply(to: &entries[index].value, depth: depth + 1)
    } else {
      let place = Place.override(text)
      var added = Tree(place: place, content: .section([]))
      try apply(to: &added, depth: depth + 1)
      entries.append(Tree.Entry(key: key, place: place, value: added))
    }
    tree.content = .section(entries)
  }
}
