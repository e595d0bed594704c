import Testing

/// The bounds on files and functions [lines].
enum SizeRule {
  static let file = 500
  static let function = 70
  static let longFile = 300
  static let longFunction = 40
  static let names = ["file length", "function length"]
}

@Suite struct `Sizes` {
  @Test func `no file is over 500 lines`() throws {
    for file in try Repository.code() where !Exception.allows("file length", in: file.path) {
      #expect(file.lineCount <= SizeRule.file, "\(file.path): \(file.lineCount) lines")
    }
  }

  @Test func `no function is over 70 lines`() throws {
    for file in try Repository.code() where !Exception.allows("function length", in: file.path) {
      for function in try FunctionLength.all(in: file) where function.lines > SizeRule.function {
        Issue.record("\(file.path):\(function.line): a function of \(function.lines) lines")
      }
    }
  }

  /// Not a failure: what to look at next.
  @Test func `long files and functions are reported`() throws {
    var report: [String] = []
    for file in try Repository.code() {
      if file.lineCount > SizeRule.longFile { report.append("\(file.path): \(file.lineCount)") }
      for function in try FunctionLength.all(in: file) where function.lines > SizeRule.longFunction
      {
        report.append("\(file.path):\(function.line): function of \(function.lines)")
      }
    }
    if !report.isEmpty {
      print("Long, but allowed [lines]:\n  " + report.joined(separator: "\n  "))
    }
  }

  @Test func `functions are measured`() throws {
    let body = String(repeating: "    work()\n", count: 71)
    let swift = """
      protocol Slot {
        func bare(_ a: Int = { 3 }()) -> Int
        var held: Int { get }
      }
      struct A: Slot {
        var stored: Int = 3
        func `long one`(
          a: Int
        ) -> Int {
      \(body)  }
      }
      """
    let measured = try FunctionLength.all(in: RepositoryFile(path: "A.swift", text: swift))
    #expect(measured == [.init(line: 3, lines: 1), .init(line: 7, lines: 75)])
    let c = "namespace n {\nint f(int a)\n{\n\(body)}\nint g() { if (a) { return 1; } }\n}\n"
    let found = try FunctionLength.all(in: RepositoryFile(path: "a.cpp", text: c))
    #expect(found == [.init(line: 3, lines: 73), .init(line: 76, lines: 1)])
  }
}
