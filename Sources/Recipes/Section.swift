import Geometry

/// Reads one section of a recipe.
///
/// A wrong value leaves a problem behind and a placeholder in its stead, so that one pass finds
/// everything that is wrong, and every valid key.
struct Section {
  private let path: String
  private let place: Place
  private let entries: [Tree.Entry]?
  private var asked: [String] = []
  /// What is wrong so far.
  private(set) var problems: [RecipeError] = []

  /// The reader of a tree; nil for a section that is not there, whose absence is already a problem.
  init(_ tree: Tree?, path: String, place: Place) {
    self.path = path
    self.place = tree?.place ?? place
    switch tree?.content {
    case .section(let entries):
      self.entries = entries
    case .scalar("", isQuoted: false):
      entries = []
    case .some(let content):
      entries = nil
      let found = describe(content)
      problems = [
        .invalidValue(
          self.place, key: path.isEmpty ? "the file" : path, found: found,
          expected: "a section of keys", nearest: nil)
      ]
    case nil:
      entries = nil
    }
  }

  /// Dotted name of a key of this section.
  private func name(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

  private mutating func find(_ key: String, expected: String) -> Tree? {
    asked.append(key)
    guard let entries else { return nil }
    if let entry = entries.first(where: { $0.key == key }) { return entry.value }
    problems.append(.missingKey(place, key: name(key), expected: expected))
    return nil
  }

  private mutating func refuse(
    _ key: String, _ tree: Tree, expected: String, nearest: String? = nil
  ) {
    problems.append(
      .invalidValue(
        tree.place, key: name(key), found: describe(tree.content), expected: expected,
        nearest: nearest))
  }

  /// A value that `parse` makes of a plain or quoted word.
  private mutating func word<T>(
    _ key: String, expected: String, otherwise: T, parse: (String, _ isQuoted: Bool) -> T?
  ) -> T {
    guard let tree = find(key, expected: expected) else { return otherwise }
    if case .scalar(let text, let isQuoted) = tree.content, let value = parse(text, isQuoted) {
      return value
    }
    refuse(key, tree, expected: expected)
    return otherwise
  }

  /// A number of a range.
  mutating func number(_ key: String, _ range: ClosedRange<Double>, _ unit: String = "") -> Double {
    word(key, expected: "a number in " + show(range, unit), otherwise: range.lowerBound) {
      parseNumber($0, isQuoted: $1, range)
    }
  }

  /// What `read` makes of a key, or nil where the key is left out.
  mutating func ifGiven<T>(_ key: String, _ read: (inout Section, String) -> T) -> T? {
    guard let entries, entries.contains(where: { $0.key == key }) else {
      asked.append(key)
      return nil
    }
    return read(&self, key)
  }

  /// A number of a range, or nil where the key is left out.
  mutating func optionalNumber(
    _ key: String, _ range: ClosedRange<Double>, _ unit: String = ""
  ) -> Double? {
    ifGiven(key) { $0.number($1, range, unit) }
  }

  /// Whether a key that may be left out is there.
  mutating func holds(_ key: String) -> Bool {
    if isWritten(key) { return true }
    asked.append(key)
    return false
  }

  /// Whether a key is there that no person writes, so that none is told of it.
  func isWritten(_ key: String) -> Bool { entries?.contains { $0.key == key } == true }

  /// One number of a range per joint, or nil where the key is left out.
  mutating func optionalJoints(
    _ key: String, _ range: ClosedRange<Double>, _ unit: String
  ) -> JointVector? {
    ifGiven(key) { $0.joints($1, range, unit) }
  }

  /// A whole number of a range.
  mutating func whole(_ key: String, _ range: ClosedRange<Int>) -> Int {
    let expected = "a whole number in \(range.lowerBound)…\(range.upperBound)"
    return word(key, expected: expected, otherwise: range.lowerBound) { text, isQuoted in
      isQuoted ? nil : Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// A whole number of a range, or nil where the key is left out.
  mutating func optionalWhole(_ key: String, _ range: ClosedRange<Int>) -> Int? {
    guard let entries, entries.contains(where: { $0.key == key }) else {
      asked.append(key)
      return nil
    }
    return whole(key, range)
  }

  /// A seed: any whole number of 64 bits.
  mutating func seed(_ key: String) -> UInt64 {
    word(key, expected: "a whole number in 0…\(UInt64.max)", otherwise: 0) {
      $1 ? nil : UInt64($0)
    }
  }

  /// true or false.
  mutating func flag(_ key: String) -> Bool {
    word(key, expected: "true or false", otherwise: false) { text, isQuoted in
      isQuoted ? nil : ["true": true, "false": false][text]
    }
  }

  /// A text of at least one letter.
  mutating func text(_ key: String, _ meaning: String) -> String {
    word(key, expected: meaning, otherwise: "") { text, isQuoted in
      parseText(text, isQuoted: isQuoted)
    }
  }

  /// One of the names of an enumeration.
  mutating func choice<C: RawRepresentable<String> & CaseIterable>(
    _ key: String, otherwise: C
  ) -> C {
    let names = C.allCases.map(\.rawValue)
    let expected = names.joined(separator: " or ")
    guard let tree = find(key, expected: expected) else { return otherwise }
    guard case .scalar(let text, _) = tree.content else {
      refuse(key, tree, expected: expected)
      return otherwise
    }
    if let value = C(rawValue: text) { return value }
    refuse(key, tree, expected: expected, nearest: nearest(to: text, among: names))
    return otherwise
  }

  /// What `parse` makes of a text; nil says that it is not as expected.
  mutating func parsed<T>(
    _ key: String, expected: String, otherwise: T, parse: (String) -> T?
  ) -> T {
    word(key, expected: expected, otherwise: otherwise) { text, _ in parse(text) }
  }

  /// What `parse` makes of a text; nil where the key is left out or says the absence.
  mutating func optionalWord(
    _ key: String, expected: String, absent: String, parse: (String) -> String?
  ) -> String? {
    guard let entries, entries.contains(where: { $0.key == key }) else {
      asked.append(key)
      return nil
    }
    let found = parsed(key, expected: expected, otherwise: absent) { parse($0) }
    return found == absent ? nil : found
  }

  /// A section within this one; where it is left out, what `read` makes of an empty one.
  mutating func optionalSection<T>(_ key: String, _ read: (inout Section) -> T) -> T {
    guard let entries, entries.contains(where: { $0.key == key }) else {
      asked.append(key)
      var empty = Section(
        Tree(place: place, content: .section([])), path: name(key), place: place)
      return read(&empty)
    }
    return section(key, read)
  }

  /// A list of as many numbers of a range.
  mutating func numbers(
    _ key: String, count: Int, _ range: ClosedRange<Double>, _ unit: String = ""
  ) -> [Double] {
    let expected = "\(count) numbers in " + show(range, unit)
    return list(key, count: count, expected: expected, otherwise: range.lowerBound) {
      parseNumber($0, isQuoted: $1, range)
    }
  }

  /// A list of as many texts.
  mutating func texts(_ key: String, count: Int, _ meaning: String) -> [String] {
    list(key, count: count, expected: "\(count) \(meaning)", otherwise: "") {
      parseText($0, isQuoted: $1)
    }
  }

  /// One number of a range per joint.
  mutating func joints(
    _ key: String, _ range: ClosedRange<Double>, _ unit: String
  ) -> JointVector {
    let values = numbers(key, count: JointVector.count, range, unit)
    return JointVector { values[$0] }
  }

  /// Three numbers of a range: x, y, z.
  mutating func vector(_ key: String, _ range: ClosedRange<Double>, _ unit: String) -> Vector3 {
    let values = numbers(key, count: 3, range, unit)
    return Vector3(values[0], values[1], values[2])
  }

  private mutating func list<T>(
    _ key: String, count: Int, expected: String, otherwise: T, parse: (String, Bool) -> T?
  ) -> [T] {
    let placeholder = [T](repeating: otherwise, count: count)
    guard let tree = find(key, expected: "a list of " + expected) else { return placeholder }
    guard case .list(let items) = tree.content, items.count == count else {
      refuse(key, tree, expected: "a list of " + expected)
      return placeholder
    }
    var values: [T] = []
    for (index, item) in items.enumerated() {
      if case .scalar(let text, let isQuoted) = item.content, let value = parse(text, isQuoted) {
        values.append(value)
      } else {
        refuse("\(key)[\(index)]", item, expected: "one of " + expected)
        values.append(otherwise)
      }
    }
    return values
  }

  /// A section within this one.
  mutating func section<T>(_ key: String, _ read: (inout Section) -> T) -> T {
    let tree = find(key, expected: "its own keys below it")
    var inner = Section(tree, path: name(key), place: place)
    let value = read(&inner)
    inner.refuseUnknownKeys()
    problems += inner.problems
    return value
  }

  /// A section within this one that reads itself, or another value where it is left out.
  mutating func section<T: RecipeSection>(_ key: String, otherwise: T) -> T {
    guard let entries, entries.contains(where: { $0.key == key }) else {
      asked.append(key)
      return otherwise
    }
    return section(key)
  }

  /// A section within this one that reads itself.
  mutating func section<T: RecipeSection>(_ key: String) -> T {
    section(key) { T(reading: &$0) }
  }

  /// Adds a contradiction between values that are each valid.
  mutating func require(_ holds: @autoclosure () -> Bool, at key: String, _ reason: String) {
    guard entries != nil, problems.isEmpty, !holds() else { return }
    let at = entries?.first { $0.key == key }?.value.place ?? place
    problems.append(.contradiction(at, key: name(key), reason: reason))
  }

  /// Where the value of a key was written, or else where the section begins.
  func place(of key: String) -> Place {
    entries?.first { $0.key == key }?.value.place ?? place
  }

  /// Adds a problem for each key that nobody asked for; call it last.
  mutating func refuseUnknownKeys() {
    guard let entries else { return }
    let present = entries.map(\.key)
    let absent = asked.filter { !present.contains($0) }
    for entry in entries where !asked.contains(entry.key) {
      let meant = nearest(to: entry.key, among: absent) ?? nearest(to: entry.key, among: asked)
      problems.append(
        .unknownKey(entry.place, key: name(entry.key), nearest: meant, valid: asked))
    }
  }

  /// Throws the problem that explains most: an unknown key first, then in order of reading.
  consuming func finish() throws(RecipeError) {
    refuseUnknownKeys()
    let unknown = problems.first { if case .unknownKey = $0 { true } else { false } }
    if let first = unknown ?? problems.first { throw first }
  }
}

/// A section of a recipe that can be read and written.
protocol RecipeSection {
  /// Reads every key of the section.
  init(reading section: inout Section)
  /// Every key of the section, in the order of the file.
  var entries: [WrittenEntry] { get }
}

private func parseNumber(
  _ text: String, isQuoted: Bool, _ range: ClosedRange<Double>
) -> Double? {
  // `Double.init` also takes hexadecimal and names of infinities.
  guard !isQuoted, text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }),
    let value = Double(text), range.contains(value)
  else { return nil }
  return value
}

private func parseText(_ text: String, isQuoted: Bool) -> String? {
  guard !text.isEmpty, isQuoted || !["~", "null", "Null", "NULL"].contains(text) else { return nil }
  return text
}

private func show(_ range: ClosedRange<Double>, _ unit: String) -> String {
  let bounds = "\(short(range.lowerBound))…\(short(range.upperBound))"
  return unit.isEmpty ? bounds : bounds + " [\(unit)]"
}

private func short(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
}

/// What a reader of an error message recognises: the value itself where it is short.
private func describe(_ content: Tree.Content) -> String {
  switch content {
  case .scalar(let text, let isQuoted):
    if text.isEmpty && !isQuoted { return "no value" }
    let line = text.prefix(60).map { $0.isNewline ? " " : String($0) }.joined()
    return isQuoted ? "the text \"\(line)\"" : "\"\(line)\""
  case .list(let items): return "a list of \(items.count)"
  case .section: return "a section of keys"
  }
}
