/// A function and the lines from its first word to its closing brace.
struct FunctionLength: Equatable {
  let line: Int
  let lines: Int

  /// Every function, initialiser, accessor block and subscript with a body in Swift text, and every
  /// function body in C or C++ text.
  static func all(in file: RepositoryFile) throws -> [FunctionLength] {
    let code = CodeOnly.of(file.text)
    return file.path.hasSuffix(".swift") ? try swift(code) : c(code)
  }

  private static func swift(_ code: String) throws -> [FunctionLength] {
    let heads = try Pattern(
      #"\b(func\s+(`[^`\n]+`|[^\s(<]+)|init[?]?\s*[(<]|deinit\b|subscript\s*[(<]|var\s+\w+\s*:)"#)
    let lines = code.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.utf8) }
    return heads.matches(in: code).compactMap { head in
      let isVariable = head.groups[0].hasPrefix("var")
      guard let end = lastLine(of: lines, from: head.line - 1, isVariable: isVariable) else {
        return nil
      }
      return FunctionLength(line: head.line, lines: end - (head.line - 1) + 1)
    }
  }

  /// The line of the brace that closes the body of the declaration on `start`; nil without a body.
  private static func lastLine(of lines: [[UInt8]], from start: Int, isVariable: Bool) -> Int? {
    var parentheses = 0
    var braces = 0
    for index in start..<lines.count {
      for byte in lines[index] {
        switch byte {
        case UInt8(ascii: "("), UInt8(ascii: "["): parentheses += 1
        case UInt8(ascii: ")"), UInt8(ascii: "]"): parentheses -= 1
        case UInt8(ascii: "{") where parentheses <= 0 || braces > 0: braces += 1
        case UInt8(ascii: "}") where braces > 0:
          braces -= 1
          if braces == 0 { return index }
        case UInt8(ascii: "}") where parentheses <= 0: return nil
        case UInt8(ascii: "=") where isVariable && braces == 0: return nil
        default: break
        }
      }
      let endsDeclaration = braces == 0 && parentheses <= 0 && !continues(lines, after: index)
      if endsDeclaration { return nil }
    }
    return nil
  }

  /// Whether a declaration's head goes on in the next line: a `{`, `where`, `->` or deeper indent.
  private static func continues(_ lines: [[UInt8]], after index: Int) -> Bool {
    guard index + 1 < lines.count else { return false }
    let next = String(decoding: lines[index + 1], as: UTF8.self)
      .drop { $0 == " " }
    return ["{", "where ", "->", "throws", "async"].contains { next.hasPrefix($0) }
  }

  private static func c(_ code: String) -> [FunctionLength] {
    var found: [FunctionLength] = []
    var opened: [(line: Int, isFunction: Bool)] = []
    var last = UInt8(ascii: "\n")
    var line = 1
    for byte in code.utf8 {
      switch byte {
      case UInt8(ascii: "\n"): line += 1
      case UInt8(ascii: "{"):
        let isInside = opened.contains { $0.isFunction }
        opened.append((line, last == UInt8(ascii: ")") && !isInside))
      case UInt8(ascii: "}"):
        if let open = opened.popLast(), open.isFunction {
          found.append(FunctionLength(line: open.line, lines: line - open.line + 1))
        }
      default: break
      }
      if byte != UInt8(ascii: " ") && byte != UInt8(ascii: "\n") { last = byte }
    }
    return found
  }
}
