import Foundation
import Recipes
import Testing

@Suite struct DamageTests {
  @Test(arguments: RecipeFiles.all) func `a file cut short is refused by name`(
    file: String
  ) throws {
    let files = try RecipeFiles()
    let text = try RecipeFiles.original(file)
    let lastKey = YAMLKey.keys(of: text).last?.line ?? 0
    let needed = text.components(separatedBy: "\n").prefix(lastKey - 1).joined(separator: "\n")
    for length in stride(from: 0, through: needed.count, by: 61) {
      #expect(try files.refusal(of: String(text.prefix(length)), in: file) != nil)
    }
  }

  @Test(arguments: RecipeFiles.all) func `a damaged byte never breaks the reader`(
    file: String
  ) throws {
    let files = try RecipeFiles()
    let bytes = Array(try RecipeFiles.original(file).utf8)
    let damage = Array("\0\t\n\"'{}[]:,#&*!|>%@`-?~ x0\u{FF}".utf8) + [0xFF, 0xC0]
    for (turn, position) in stride(from: 0, to: bytes.count, by: 23).enumerated() {
      var damaged = bytes
      damaged[position] = damage[turn % damage.count]
      try Data(damaged).write(to: URL(fileURLWithPath: files.root + "/" + file))
      do { _ = try files.load() } catch {
        #expect(error.description.hasPrefix(files.root))
        #expect(error.description.isOneLine)
      }
    }
  }

  @Test(arguments: [
    "", " ", "#", "---", "[]", "3", "- a", "a: b: c", "{", "\t", "seed: 1\nseed: 2", "? [a]\n: b",
    "a: &x [1]\nb: [*y]", "a: 1\n---\nb: 2", "\u{0}", "%YAML 9.9\n---\na: 1",
  ]) func `text that is no recipe is refused with a line`(text: String) throws {
    #expect(try RecipeFiles().refusal(of: text, in: RecipeFiles.launch) != nil)
  }

  @Test func `aliases and brackets cannot blow a file up`() throws {
    let files = try RecipeFiles()
    let lists = (1...12).map {
      "a\($0): &a\($0) ["
        + Array(repeating: "*a\($0 - 1)", count: 9)
        .joined(separator: ",") + "]"
    }
    let bomb = "a0: &a0 x\n" + lists.joined(separator: "\n")
    #expect(
      try files.refusal(of: bomb, in: RecipeFiles.task)?.description.contains("aliases") == true)
    let many = "a: [" + Array(repeating: "1", count: 20_000).joined(separator: ",") + "]"
    #expect(
      try files.refusal(of: many, in: RecipeFiles.task)?.description.contains("10000") == true)
    for text in [
      String(repeating: "[", count: 50_000), "a: " + String(repeating: "{b: ", count: 50_000),
      String(repeating: "- ", count: 50_000), String(repeating: "? ", count: 50_000),
      (0..<900).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n"),
      String(repeating: "x", count: 2 << 20),
    ] {
      #expect(try files.refusal(of: text, in: RecipeFiles.robot) != nil)
    }
  }

  @Test func `line breaks of other systems and a byte order mark change nothing`() throws {
    let files = try RecipeFiles()
    let plain = try files.load()
    for file in RecipeFiles.all {
      let text = try RecipeFiles.original(file)
      for other in [text.replacingOccurrences(of: "\n", with: "\r\n"), "\u{FEFF}" + text] {
        try files.write(other, to: file)
        #expect(try files.load() == plain)
      }
    }
  }

  @Test func `an asterisk in a comment or a word is no alias`() throws {
    let files = try RecipeFiles()
    let text = "# 2 *x\n" + (try RecipeFiles.original(RecipeFiles.launch)) + "# [[ *y\n"
    #expect(try files.refusal(of: text, in: RecipeFiles.launch) == nil)
    #expect(try files.load("run=a*b").launch.run == "a*b")
  }

  @Test func `files that cannot be read are named`() throws {
    let files = try RecipeFiles()
    for path in ["/nowhere.yaml", "", "/Launch", "/Robots"] {
      #expect(throws: RecipeError.self) {
        try SessionRecipe.load(launchFile: path.isEmpty ? "" : files.root + path)
      }
    }
    #expect(throws: RecipeError.unreadableFile(files.root + "/x.yaml", reason: "no such file")) {
      try SessionRecipe.load(launchFile: files.root + "/x.yaml")
    }
  }
}
