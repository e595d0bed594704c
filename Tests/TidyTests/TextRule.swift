import Testing

/// Something that no line may hold, with examples that prove that the rule sees it.
struct TextRule: Sendable, CustomTestStringConvertible {
  /// What of a file is searched.
  enum View: Sendable {
    /// The code, without comments and the insides of strings.
    case code
    /// Everything.
    case text
  }

  let name: String
  let view: View
  /// Folders, or files, that the rule is about.
  let scope: [String]
  let pattern: String
  /// Texts that break the rule.
  let caught: [String]
  /// Texts that look like it and do not.
  let passed: [String]

  var testDescription: String { name }

  /// The lines of a text that break the rule.
  func brokenLines(in text: String) throws -> [Int] {
    let searched = view == .code ? CodeOnly.of(text) : text
    return try Pattern(pattern).matches(in: searched).map(\.line)
  }
}

extension TextRule {
  private static let everywhere = [
    "Sources", "Tests", "Robots", "Tasks", "Launch", "Documentation", "Scripts", ".ci",
    "Benchmarks", "python", "Makefile", "README.md", "Package.swift", ".swift-format", ".gitignore",
  ]

  static let all: [TextRule] = [
    TextRule(
      name: "no forced try", view: .code, scope: ["Sources", "Tests"],
      pattern: #"\btry!"#, caught: ["let a = try! f()"],
      passed: ["let a = try f()", "// try! this", "let a = \"try!\""]),
    TextRule(
      name: "no forced unwrap or cast", view: .code, scope: ["Sources"],
      pattern: #"(?<=[\w)\]?>`])!(?!=)"#,
      caught: ["a!.b", "f()!", "rows[0]!", "x as! Int", "var a: Int!"],
      passed: ["if !a { }", "(!a)", "a != b", "print(\"no!\")", "a && !b", "\"\\(a) now!\""]),
    TextRule(
      name: "no fatalError", view: .code, scope: ["Sources"],
      pattern: #"\bfatalError\b"#, caught: ["fatalError(\"x\")"], passed: ["// no fatalError"]),
    TextRule(
      name: "no Any", view: .code, scope: ["Sources"],
      pattern: #"\bAny(Object|Hashable)?\b"#,
      caught: ["var a: Any", "[String: Any]", "as? AnyObject"],
      passed: ["any ArmDriver", "struct AnyTask {}", "/// Any torque"]),
    TextRule(
      name: "no clock read by the way", view: .code, scope: ["Sources"],
      pattern: #"\bDate\(\)|\bDate\.now\b"#, caught: ["let now = Date()", "Date.now"],
      passed: ["let day: Date", "// Date()"]),
    TextRule(
      name: "no singleton", view: .code, scope: ["Sources"],
      pattern: #"\bstatic (let|var) (shared|instance|sharedInstance)\b"#,
      caught: ["static let shared = Clock()", "static var instance: A"],
      passed: ["static let sharedRate = 3", "let shared = 1"]),
    TextRule(
      name: "no global randomness", view: .code, scope: ["Sources"],
      pattern: #"\bSystemRandomNumberGenerator\b|\.(random|shuffled|randomElement)\((?!.*using)"#,
      caught: ["Int.random(in: 0..<3)", "SystemRandomNumberGenerator()", "a.shuffled()"],
      passed: ["Int.random(in: 0..<3, using: &rng)", "a.shuffled(using: &rng)"]),
    TextRule(
      name: "no type named for nothing", view: .code, scope: ["Sources", "Tests"],
      pattern: #"\b(struct|class|enum|actor|protocol|typealias)\s+"#
        + #"(\w*Manager|\w*Helper\w*|\w*Util\w*|\w*Common\w*)\b"#,
      caught: ["struct ArmManager {", "enum MathUtils {", "final class TestHelpers {"],
      passed: ["struct Managed {", "// class Helper", "struct Arm {"]),
    TextRule(
      name: "no C++ interoperability mode", view: .code, scope: ["Package.swift"],
      pattern: #"\binteroperabilityMode\b"#, caught: [".interoperabilityMode(.Cxx)"],
      passed: ["cxxLanguageStandard: .cxx17"]),
    // The words are put together here, so that this file keeps its own rules.
    TextRule(
      name: "no unfinished marks", view: .text, scope: everywhere,
      pattern: #"\b("# + ["TO" + "DO", "FIX" + "ME", "XX" + "X"].joined(separator: "|") + #")\b"#,
      caught: ["// TO" + "DO: later", "FIX" + "ME"], passed: ["to do", "mujoco." + "XX" + "XXXX"]),
    TextRule(
      name: "no path of a workplace", view: .text, scope: everywhere,
      pattern: #"(?<![\w.~$}*-])/("# + ["work", "root", "farm", "home"].joined(separator: "|")
        + #")/"#,
      caught: ["see /wo" + "rk/main", "\"/ho" + "me/me/a\""],
      passed: ["net/wo" + "rk/a", "https://a.org/ro" + "ot/"]),
    TextRule(
      name: "no fixed temporary path", view: .text, scope: ["Sources"],
      pattern: #"(?<![\w.])/tmp/"#, caught: ["let a = \"/tmp/a\""], passed: ["runs/tmp/a"]),
  ]
}

@Suite struct `Lines of the tree` {
  @Test(arguments: TextRule.all) func `a rule sees what breaks it`(rule: TextRule) throws {
    for example in rule.caught {
      #expect(try rule.brokenLines(in: example) == [1], "\(rule.name): \(example)")
    }
    for example in rule.passed {
      #expect(try rule.brokenLines(in: example).isEmpty, "\(rule.name): \(example)")
    }
  }

  @Test(arguments: TextRule.all) func `the tree keeps a rule`(rule: TextRule) throws {
    for file in try Repository.everything()
    where rule.scope.contains(where: { file.path == $0 || file.path.hasPrefix($0 + "/") })
      && (rule.view == .text || file.path.hasSuffix(".swift"))
      && !Exception.allows(rule.name, in: file.path)
    {
      for line in try rule.brokenLines(in: file.text) {
        Issue.record("\(file.path):\(line): \(rule.name)")
      }
    }
  }

  @Test func `no file is named for nothing`() throws {
    let names = try Pattern(#"(Manager|Helper\w*|Util\w*|Common\w*)\.\w+$"#)
    #expect(names.matches(in: "ArmManager.swift").count == 1)
    for file in try Repository.code() where !names.matches(in: file.name).isEmpty {
      Issue.record("\(file.path): name what it is")
    }
  }

  @Test func `code is told from comments and strings`() {
    #expect(CodeOnly.of("a // b\nc") == "a     \nc")
    #expect(CodeOnly.of("a /* b /* c */ */ d") == "a                 d")
    #expect(CodeOnly.of(#"f("a\"b") + g"#) == #"f("    ") + g"#)
    #expect(CodeOnly.of(##"f(#"a"b"#) + g"##) == ##"f( "   " ) + g"##)
    #expect(CodeOnly.of(#"f("\(g("x")) y") + h"#) == #"f("           ") + h"#)
    #expect(CodeOnly.of("\"\"\"\nx\n\"\"\" + y") == "\"\"\"\n \n\"\"\" + y")
  }
}
